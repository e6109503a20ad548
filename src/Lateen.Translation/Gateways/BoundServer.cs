using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Gateways;

/// <summary>A server of a Gateway resource at the port that the gateway's workload listens on.</summary>
/// <param name="Gateway">The resource.</param>
/// <param name="Port">The workload's port.</param>
/// <param name="RouteName">The route configuration of an HTTP server; empty otherwise.</param>
internal sealed record BoundServer(GatewayConfig Gateway, GatewayServer Server, int Port, string RouteName)
{
    public Protocol Protocol => Protocols.Parse(Server.Port.Protocol);

    /// <summary>`namespace/name`, as VirtualServices name it.</summary>
    public string GatewayName => $"{Gateway.Meta.Namespace}/{Gateway.Meta.Name}";

    public bool IsPassthrough => Server.Tls?.Mode is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough;

    /// <summary>HTTP is spoken, in the clear or inside TLS that ends here.</summary>
    public bool IsHttp => Protocol.IsHttp() || (Protocol == Protocol.Https && Server.Tls is not null && !IsPassthrough);

    /// <summary>Chosen by the server name of TLS.</summary>
    public bool IsTls => Server.Tls is not null && !Protocol.IsHttp();
}
