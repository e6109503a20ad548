using Lateen.Net.Http1;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>The client's side of one exchange, whatever version of HTTP carries it: an HTTP/1 connection for the time of a request, or an HTTP/2 stream.</summary>
/// <remarks>The codec calls the exchange (head, data, trailers, gone); the exchange answers through this. All on the connection's loop.</remarks>
internal interface IDownstreamStream
{
    DownstreamConnection Connection { get; }

    HttpManager Manager { get; }

    StatBlock Stats { get; }

    HttpProtocol Protocol { get; }

    /// <summary>Response bytes wait for the client: whoever feeds this must pause until <see cref="HttpExchange.OnDownstreamDrained"/>.</summary>
    bool HasPendingOutput { get; }

    /// <summary>An interim 100 response.</summary>
    void SendContinue();

    /// <summary>Writes the exchange's response head; how the body is delimited is the codec's matter.</summary>
    void SendHead(HttpExchange exchange, bool endStream);

    void SendData(ReadOnlySpan<byte> data, bool endStream);

    /// <summary>Ends the response with trailer fields; a codec that cannot carry them ends it without.</summary>
    void SendTrailers(MessageHead trailers);

    /// <summary>The response cannot be completed: the client must see that it was cut.</summary>
    void ResetStream();

    /// <summary>No more request bytes for now.</summary>
    void PauseReading();

    void ResumeReading();

    /// <summary>The upgrade was accepted: from here on bytes pass as they are.</summary>
    void BeginTunnel();

    /// <summary>The exchange is over and has been logged; its object belongs to the pool again.</summary>
    void OnExchangeDone();
}
