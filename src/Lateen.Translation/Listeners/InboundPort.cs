using Envoy.Config.Endpoint.V3;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Listeners;

/// <summary>A port of the proxy's own workload that gets a chain and a cluster.</summary>
internal sealed record InboundPort
{
    /// <summary>The workload's port.</summary>
    public required int TargetPort { get; init; }

    /// <summary>The number that callers use; of the oldest service.</summary>
    public required int ServicePort { get; init; }

    public Protocol Protocol { get; init; }

    /// <summary>The host and port by which spans and statistics name it, for instance `web.default.svc.cluster.local`.</summary>
    public string Host { get; init; } = "";

    /// <summary>The port's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The services on this port, the oldest first; empty for a port that only a Sidecar resource names.</summary>
    public EquatableArray<ServiceInstance> Services { get; init; }

    /// <summary>Where the workload listens; null = the address that was called.</summary>
    public LbEndpoint? Endpoint { get; init; }

    /// <summary>TLS of a Sidecar ingress listener; null = mutual TLS by policy.</summary>
    public ServerTlsSettings? Tls { get; init; }

    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary>The address in the chain's name.</summary>
    public string ChainBind { get; init; } = "";

    /// <summary>The address of a listener of its own; empty = it is reached through the capture listener.</summary>
    public string Bind { get; init; } = "";
}
