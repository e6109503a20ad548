using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Pools;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.Listeners;

/// <summary>What is known of an accepted connection before its first byte for a codec.</summary>
internal sealed class DownstreamConnection
{
    private List<HostPool>? _ownPools;

    public required ListenerRuntime Listener { get; init; }

    public required long Id { get; init; }

    public required long AcceptedAt { get; init; }

    public required long AcceptedWall { get; init; }

    /// <summary>The socket's peer, whatever a PROXY header says.</summary>
    public required IpEndpoint Direct { get; init; }

    /// <summary>The client: the socket's peer, or whom a PROXY header names.</summary>
    public required IpEndpoint Remote { get; set; }

    /// <summary>Where the client wanted to go: by a PROXY header, else the destination before redirection, else the local address.</summary>
    public required IpEndpoint Local { get; set; }

    /// <summary>The destination before redirection; the default value if there was none or it was not asked for.</summary>
    public IpEndpoint OriginalDestination { get; init; }

    /// <summary>Hosts are to see the client's address; null: they see ours.</summary>
    public OriginalSourceConfig? OriginalSource { get; init; }

    /// <summary>Records of the client's PROXY header that an upstream may pass on; null if there are none.</summary>
    public ProxyRecords? ProxyRecords { get; set; }

    /// <summary>What listener filters tell access rules; null as long as none has told anything.</summary>
    public StreamMetadata? Metadata { get; set; }

    /// <summary>What its filter chain was chosen by.</summary>
    public ChainFacts Facts { get; set; }

    public string ServerName { get; set; } = "";

    public string ChainName { get; set; } = "";

    /// <summary>What the handshake has settled; null for a plain connection.</summary>
    public DownstreamTlsState? Tls { get; set; }

    /// <summary>Limits that this connection counts against.</summary>
    public ConnectionLimit[] Limits { get; set; } = [];

    /// <summary>The peer's verified identity (td/ns/NAMESPACE/sa/ACCOUNT); empty without.</summary>
    public string Principal => Tls?.Principal ?? "";

    /// <summary>As Istio's filters tell it, `spiffe://…`; empty without.</summary>
    public string PeerPrincipal => Tls?.PeerPrincipal ?? "";

    /// <summary>A pool that can serve this client alone: it ends with the connection.</summary>
    public void Own(HostPool pool) => (_ownPools ??= []).Add(pool);

    /// <summary>The connection is closed: what was its own goes too.</summary>
    public void Release(int worker)
    {
        foreach (ConnectionLimit limit in Limits)
        {
            limit.Leave(worker);
        }
        Limits = [];
        if (_ownPools is { } pools)
        {
            _ownPools = null;
            foreach (HostPool pool in pools)
            {
                pool.Drain();
            }
        }
    }
}
