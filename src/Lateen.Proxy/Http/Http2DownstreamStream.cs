using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>A stream that a client has opened.</summary>
internal sealed class Http2DownstreamStream(Http2Downstream connection) : Http2Stream, IDownstreamStream
{
    private HttpExchange? _exchange;

    public DownstreamConnection Connection => connection.Connection;

    public HttpManager Manager => connection.Manager;

    public StatBlock Stats => connection.Stats;

    public HttpProtocol Protocol => HttpProtocol.Http2;

    public bool HasPendingOutput => PendingLength > 0 || connection.HasPendingOutput;

    public override MessageHead Head => _exchange!.Request;

    public override MessageHead Trailers => _exchange!.RequestTrailers;

    public void Attach(HttpExchange exchange)
    {
        _exchange = exchange;
        exchange.Attach(this);
    }

    public override void OnHead(bool endStream)
    {
        HttpExchange exchange = _exchange!;
        ReadOnlySpan<byte> protocol = connection.Session.Protocol;
        if (protocol.IsEmpty)
        {
            exchange.Begin(endStream);
        }
        else if (connection.Manager.Http2.AllowsConnect && !endStream)
        {
            exchange.Request.BecomeUpgrade(protocol);
            exchange.Begin(endStream);
        }
        else
        {
            // RFC 8441 3: not before we have said that we take it.
            _exchange = null;
            exchange.Worker.ReturnExchange(exchange);
            connection.Session.Reset(this, Http2ErrorCode.ProtocolError);
        }
    }

    public override void OnHeadRefused(FieldBlockStatus status)
    {
        connection.Stats.Add(HttpStat.DownstreamCxProtocolError);
        _exchange!.RefuseHead(
            431, status == FieldBlockStatus.TooLarge ? "http2.headers_too_large" : "http2.too_many_headers", "Request Header Fields Too Large"u8);
    }

    public override void OnData(ReadOnlySpan<byte> data, bool endStream) => _exchange?.OnRequestData(data, endStream);

    public override void OnTrailers() => _exchange?.OnRequestTrailers();

    public override void OnDrained()
    {
        if (_exchange is not null)
        {
            _exchange.OnDownstreamDrained();
        }
        else
        {
            ResetUnreadRequest();
        }
    }

    public override void OnReset(Http2ErrorCode code, bool byPeer)
    {
        if (_exchange is not { } exchange)
        {
            return;
        }
        _exchange = null;
        if (!exchange.HasBegun)
        {
            exchange.Worker.ReturnExchange(exchange);
            return;
        }
        if (byPeer)
        {
            exchange.OnDownstreamGone(connection.IsOpen ? "http2.remote_reset" : "downstream_remote_disconnect", ResponseFlags.DC);
        }
        else
        {
            exchange.OnDownstreamGone("http2.violation.of.messaging.rule", ResponseFlags.DPE);
        }
    }

    public void SendContinue() => connection.Session.SendContinue(this);

    public void SendHead(HttpExchange exchange, bool endStream) => connection.Session.SendResponse(this, exchange.Response, endStream);

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        connection.Session.SendData(this, data, endStream);
        if (IsOpen && connection.HasPendingOutput)
        {
            connection.AwaitDrain(this);
        }
    }

    public void SendTrailers(MessageHead trailers) => connection.Session.SendTrailers(this, trailers);

    public void ResetStream()
    {
        _exchange = null;
        connection.Session.Reset(this, Http2ErrorCode.InternalError);
    }

    public void PauseReading() => Http2Session.Pause(this);

    public void ResumeReading() => connection.Session.Resume(this);

    public void BeginTunnel()
    {
        // DATA frames carry the other protocol's bytes as they carry any body (RFC 8441 5).
    }

    public void OnExchangeDone()
    {
        _exchange = null;
        Http2Session.Pause(this);
        ResetUnreadRequest();
        connection.OnExchangeDone();
    }

    // RFC 9113 8.1: the response is complete and nobody will read the rest of the request.
    private void ResetUnreadRequest()
    {
        if (IsOpen && LocalEnded && !RemoteEnded && PendingLength == 0)
        {
            connection.Session.Reset(this, Http2ErrorCode.NoError);
        }
    }
}
