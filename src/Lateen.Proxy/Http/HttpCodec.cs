using Lateen.Net.Sockets;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>Which codec a connection manager uses (HttpConnectionManager.codec_type).</summary>
internal enum CodecChoice
{
    /// <summary>What ALPN says, else HTTP/2 if the client begins with its preface.</summary>
    Auto,
    Http1,
    Http2,
}

/// <summary>Hands a connection to its codec.</summary>
internal static class HttpCodec
{
    /// <summary>RFC 9113 3.2, RFC 7301: the ALPN name of HTTP/2 over TLS.</summary>
    private const string Http2Protocol = "h2";

    public static void Start(
        ProxyWorker worker, int fd, DownstreamConnection connection, HttpManager manager, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        if (manager.Codec == CodecChoice.Http2 || (manager.Codec == CodecChoice.Auto && transport?.Protocol == Http2Protocol))
        {
            new Http2Downstream(worker, connection, manager).Start(fd, transport, first);
            return;
        }
        // Plain text: the HTTP/1 codec gives the connection up when it sees the other's preface.
        new Http1Downstream(worker, connection, manager).Start(fd, transport, first);
    }
}
