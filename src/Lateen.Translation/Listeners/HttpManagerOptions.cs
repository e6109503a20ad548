using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;

namespace Lateen.Translation.Listeners;

/// <summary>What differs between HTTP connection managers.</summary>
internal sealed record HttpManagerOptions
{
    public required string StatPrefix { get; init; }

    public required TrafficDirection Direction { get; init; }

    /// <summary>The route configuration's name where it comes over RDS; null where <see cref="Inline"/> is set.</summary>
    public string? RouteName { get; init; }

    public RouteConfiguration? Inline { get; init; }

    /// <summary>Gateways take the caller's address from the connection.</summary>
    public bool UseRemoteAddress { get; init; }

    public bool IsGateway { get; init; }

    public bool AddsGrpcWeb { get; init; }

    /// <summary>The port by which plugins choose their traffic: the workload's inbound, the caller's outbound; 0 for any.</summary>
    public int Port { get; init; }
}
