using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.TransportSockets;

/// <summary>The client's side towards a cluster (UpstreamTlsContext). Immutable but for the secrets it follows.</summary>
internal sealed class UpstreamTls
{
    public required TlsContextSource Source { get; init; }

    /// <summary>SNI; empty: none, or what auto_sni says.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>The ALPN filter must leave this socket alone (cluster metadata istio/alpn_override: "false").</summary>
    public bool KeepsProtocols { get; init; }

    /// <summary>The context's ALPN list in wire form without <see cref="Tcp.PeerExchange.Protocol"/>; null where that is not in it.</summary>
    public byte[]? PlainProtocols { get; init; }

    /// <summary>The transport of a new connection; null with the reason when there can be none.</summary>
    public StreamTransport? Open(
        ProxyWorker worker, TlsSessionCache? sessions, byte[]? protocols, bool exchangesPeers, in UpstreamOrigin origin, out string? problem)
    {
        TlsContext? context = Source.Current(out problem);
        if (context is null)
        {
            return null;
        }
        // RFC 6066 3: an address is no server name. The certificate can still be for it.
        string name = origin.ServerName is null ? ServerName : System.Net.IPAddress.TryParse(origin.ServerName, out _) ? "" : origin.ServerName;
        byte[]? offered = (KeepsProtocols ? null : protocols) ?? (exchangesPeers ? null : PlainProtocols);
        return TlsTransport.Client(worker.Tls, worker.Loop.Buffers, context, new TlsTarget(name, offered, sessions)
        {
            ExpectedName = origin.ChecksServerName ? origin.ServerName : null,
        });
    }
}
