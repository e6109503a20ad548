using Lateen.Net.ProxyProtocol;
using Lateen.Net.Sockets;
using Lateen.Net.Tls;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.TransportSockets;

/// <summary>What a cluster puts between its bytes and the kernel's (transport_socket): TLS, a PROXY header before it, or the header alone.</summary>
internal sealed record UpstreamSocket(UpstreamTls? Tls, ProxyHeaderConfig? ProxyHeader)
{
    /// <summary>The transport of a new connection; null for none, or with the reason when there can be no connection.</summary>
    /// <param name="worker">The thread of the connection.</param>
    /// <param name="origin">What the connection takes over from the client's.</param>
    /// <param name="sessions">TLS sessions to be resumed; null: none are.</param>
    /// <param name="protocols">ALPN in wire form in place of the cluster's; null: the cluster's.</param>
    /// <param name="exchangesPeers">The connection can begin with a <see cref="Telemetry.PeerHello"/>, so that the cluster's list may offer it.</param>
    /// <param name="problem">Why there can be none; null otherwise.</param>
    public StreamTransport? Open(
        ProxyWorker worker, in UpstreamOrigin origin, TlsSessionCache? sessions, byte[]? protocols, bool exchangesPeers, out string? problem)
    {
        problem = null;
        StreamTransport? inner = Tls?.Open(worker, sessions, protocols, exchangesPeers, origin, out problem);
        return problem is null && ProxyHeader is { } header ? new ProxyHeaderTransport(header.Write(origin), inner) : inner;
    }
}

/// <summary>envoy.config.core.v3.ProxyProtocolConfig of a transport socket, compiled.</summary>
/// <param name="IsBinary">Version 2.</param>
/// <param name="Records">Types of records that are passed on from the client's header (pass_through_tlvs); null: none.</param>
internal sealed record ProxyHeaderConfig(bool IsBinary, RecordTypes? Records)
{
    public byte[] Write(in UpstreamOrigin origin) => IsBinary
        ? ProxyHeaderWriter.WriteBinary(origin.Source, origin.Destination, origin.Records)
        : ProxyHeaderWriter.WriteLine(origin.Source, origin.Destination);
}

/// <summary>envoy.config.core.v3.ProxyProtocolPassThroughTLVs: which types of records are meant.</summary>
/// <param name="IsAll">INCLUDE_ALL.</param>
/// <param name="Types">Those of INCLUDE.</param>
internal sealed record RecordTypes(bool IsAll, byte[] Types)
{
    public bool Includes(byte type) => IsAll || Array.IndexOf(Types, type) >= 0;
}
