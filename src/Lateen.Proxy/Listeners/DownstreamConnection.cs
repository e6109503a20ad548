using Lateen.Net.Sockets;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Listeners;

/// <summary>What is known of an accepted connection before its first byte.</summary>
internal sealed class DownstreamConnection
{
    public required ListenerRuntime Listener { get; init; }

    public required long Id { get; init; }

    public required long AcceptedAt { get; init; }

    public required long AcceptedWall { get; init; }

    /// <summary>The client's socket address.</summary>
    public required IpEndpoint Remote { get; init; }

    /// <summary>Where the client wanted to go: the destination before redirection, else the local address.</summary>
    public required IpEndpoint Local { get; init; }

    /// <summary>The destination before redirection; the default value if there was none or it was not asked for.</summary>
    public IpEndpoint OriginalDestination { get; init; }

    public string ServerName { get; set; } = "";

    public string ChainName { get; set; } = "";

    /// <summary>What the handshake has settled; null for a plain connection.</summary>
    public DownstreamTlsState? Tls { get; set; }

    /// <summary>The peer's verified identity (td/ns/NAMESPACE/sa/ACCOUNT); empty without.</summary>
    public string Principal => Tls?.Principal ?? "";

    /// <summary>As Istio's filters tell it, `spiffe://…`; empty without.</summary>
    public string PeerPrincipal => Tls?.PeerPrincipal ?? "";
}
