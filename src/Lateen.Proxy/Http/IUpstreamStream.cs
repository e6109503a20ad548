using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;

namespace Lateen.Proxy.Http;

/// <summary>The server's side of one attempt, whatever version of HTTP carries it: an HTTP/1 connection for the time of a request, or an HTTP/2 stream.</summary>
internal interface IUpstreamStream
{
    HostPool Pool { get; }

    IpEndpoint LocalAddress { get; }

    HttpProtocol Protocol { get; }

    /// <summary>The connection's; null without TLS.</summary>
    StreamTransport? Transport => null;

    /// <summary>Request bytes wait for the server: whoever feeds this must pause until <see cref="HttpExchange.OnUpstreamDrained"/>.</summary>
    bool HasPendingOutput { get; }

    /// <summary>Writes the exchange's request head as it is to be forwarded.</summary>
    void SendHead(HttpExchange exchange, bool endStream);

    void SendData(ReadOnlySpan<byte> data, bool endStream);

    /// <summary>Ends the request with trailer fields; a codec that cannot carry them ends it without.</summary>
    void SendTrailers(MessageHead trailers);

    /// <summary>The exchange has lost interest in the response.</summary>
    void Cancel();

    /// <summary>No more response bytes for now.</summary>
    void PauseReading();

    void ResumeReading();
}
