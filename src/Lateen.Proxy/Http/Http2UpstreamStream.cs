using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>A stream that we have opened to a host.</summary>
internal sealed class Http2UpstreamStream(Http2Upstream connection) : Http2Stream, IUpstreamStream
{
    private HttpExchange? _exchange;

    public HostPool Pool => connection.Pool;

    public IpEndpoint LocalAddress => connection.LocalAddress;

    public HttpProtocol Protocol => HttpProtocol.Http2;

    public StreamTransport? Transport => connection.Transport;

    public bool HasPendingOutput => PendingLength > 0 || connection.HasPendingOutput;

    public override MessageHead Head => _exchange!.Response;

    public override MessageHead Trailers => _exchange!.ResponseTrailersHead;

    public void Begin(HttpExchange exchange)
    {
        _exchange = exchange;
        exchange.OnUpstreamReady(this);
    }

    public void SendHead(HttpExchange exchange, bool endStream)
    {
        if (!IsOpen)
        {
            return; // Held back: the head goes out when the server's settings are here.
        }
        ReadOnlySpan<byte> scheme = exchange.Request.Get(HttpField.XForwardedProto).SequenceEqual("https"u8) ? "https"u8 : "http"u8;
        ReadOnlySpan<byte> protocol = exchange is { IsUpgrade: true, IsConnect: false } ? exchange.Request.Get(HttpField.Upgrade) : [];
        connection.Session.SendRequest(this, exchange.Request, scheme, endStream, protocol);
    }

    /// <summary>The server's settings are here: an upgrade that waited for them is asked for.</summary>
    public void OpenHeld()
    {
        if (_exchange is not { } exchange)
        {
            return;
        }
        if (!connection.Session.PeerAllowsConnect)
        {
            Refuse();
            return;
        }
        connection.Session.OpenStream(this);
        SendHead(exchange, endStream: false);
    }

    /// <summary>The server takes no upgrades over HTTP/2.</summary>
    public void Refuse()
    {
        if (_exchange is { } exchange)
        {
            _exchange = null;
            exchange.OnUpstreamReset(UpstreamFailure.LocalReset, "the server takes no upgrade over HTTP/2", diedIdle: false);
        }
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        connection.Session.SendData(this, data, endStream);
        if (IsOpen && connection.HasPendingOutput)
        {
            connection.AwaitDrain(this);
        }
    }

    public void SendTrailers(MessageHead trailers) => connection.Session.SendTrailers(this, trailers);

    public void Cancel()
    {
        _exchange = null;
        connection.Unhold(this);
        connection.Session.Reset(this, Http2ErrorCode.Cancel);
    }

    public void PauseReading() => Http2Session.Pause(this);

    public void ResumeReading() => connection.Session.Resume(this);

    public override void OnHead(bool endStream)
    {
        HttpExchange exchange = _exchange!;
        if (endStream)
        {
            Release(exchange);
        }
        else if (exchange is { IsUpgrade: true, IsConnect: false } && exchange.Response.Status is >= 200 and < 300)
        {
            // RFC 8441 5: what 101 says over HTTP/1.1.
            exchange.Response.ChangeStatus(101);
            exchange.Response.Set(HttpField.Upgrade, exchange.Request.Get(HttpField.Upgrade));
        }
        exchange.OnResponseHead(endStream);
    }

    public override void OnHeadRefused(FieldBlockStatus status) => OnReset(Http2ErrorCode.ProtocolError, byPeer: false);

    public override void OnData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_exchange is not { } exchange)
        {
            return;
        }
        if (endStream)
        {
            Release(exchange);
        }
        exchange.OnResponseData(data, endStream);
    }

    public override void OnTrailers()
    {
        if (_exchange is { } exchange)
        {
            Release(exchange);
            exchange.OnResponseTrailers();
        }
    }

    public override void OnDrained() => _exchange?.OnUpstreamDrained();

    public override void OnReset(Http2ErrorCode code, bool byPeer)
    {
        if (_exchange is not { } exchange)
        {
            return;
        }
        _exchange = null;
        UpstreamFailure failure = connection.Failure ?? (code, byPeer) switch
        {
            (_, false) => UpstreamFailure.ProtocolError,
            (Http2ErrorCode.RefusedStream, _) => UpstreamFailure.RemoteRefusedStream,
            _ => UpstreamFailure.RemoteReset,
        };
        Pool.Cluster.Stats.Add(failure == UpstreamFailure.ProtocolError ? ClusterStat.UpstreamRqTxReset : ClusterStat.UpstreamRqRxReset);
        exchange.OnUpstreamReset(failure, null, diedIdle: false);
    }

    // The response is complete. A request that is not will not be finished: the peer has said all it has to say.
    private void Release(HttpExchange exchange)
    {
        _exchange = null;
        exchange.OnUpstreamReleased();
        if (IsOpen && !LocalEnded)
        {
            connection.Session.Reset(this, Http2ErrorCode.NoError);
        }
    }
}
