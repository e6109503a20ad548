using Lateen.Net.Sockets;

namespace Lateen.Proxy.Tcp;

/// <summary>envoy.tcp.metadataexchange.config.MetadataExchange, compiled: peers that agreed on a protocol by ALPN say first who they are.</summary>
/// <remarks>
/// Envoy speaks with the first byte of either direction; here each side speaks as soon as the handshake is done, so that also a connection on
/// which nothing is sent yet has its peer. Envoy reads both the same.
/// </remarks>
/// <param name="protocol">The ALPN name.</param>
/// <param name="hello">What this proxy says, prefix included.</param>
internal sealed class PeerExchange(string protocol, byte[] hello)
{
    /// <summary>The ALPN name that Istio gives it. Only TCP sessions offer it: a request's connection begins with the request.</summary>
    public const string Protocol = "istio-peer-exchange";

    /// <summary>Says hello on a connection that agreed on it; returns what reads the peer's, null where nobody says anything.</summary>
    public PeerHelloReader? Begin(StreamSocket socket)
    {
        if (socket.Transport?.Protocol != protocol)
        {
            return null;
        }
        socket.Write(hello);
        return new PeerHelloReader();
    }
}
