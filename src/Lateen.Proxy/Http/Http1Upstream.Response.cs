using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>What comes: the response, to its end.</summary>
internal sealed partial class Http1Upstream
{
    private State _state;
    private BodyReader _body;
    private bool _sawInput;

    private enum State : byte
    {
        Idle,
        Head,
        Body,
        Tunnel,
    }

    protected override void ReadLoop()
    {
        while (IsOpen && !IsPaused)
        {
            byte[] input = Loop.Input;
            int n = Receive(input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n <= 0)
            {
                OnPeerClosed(n);
                return;
            }
            if (Exchange is null)
            {
                // Bytes without a request: nothing that follows could be trusted.
                _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxProtocolError);
                CloseSocket();
                return;
            }
            _sawInput = true;
            Process(input.AsSpan(0, n));
            if (n < input.Length && !_peerClosed && !HasBufferedInput)
            {
                return;
            }
        }
    }

    private void Process(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && Exchange is { } exchange)
        {
            switch (_state)
            {
                case State.Head:
                    HeadStatus status = exchange.Response.Parse(data, HeadLimits.Response, isRequest: false, out int consumed);
                    if (status == HeadStatus.Incomplete)
                    {
                        return;
                    }
                    if (status != HeadStatus.Complete)
                    {
                        Fail(UpstreamFailure.ProtocolError, null);
                        return;
                    }
                    data = data[consumed..];
                    if (exchange.IsUpgrade && !data.IsEmpty)
                    {
                        ProcessBehindTunnelHead(exchange, data);
                        return;
                    }
                    if (!OnHead(exchange, hasMore: !data.IsEmpty))
                    {
                        return;
                    }
                    break;
                case State.Tunnel:
                    exchange.OnResponseData(data, endStream: false);
                    return;
                default:
                    int taken = OnBody(exchange, data);
                    if (Exchange != exchange)
                    {
                        return; // The shared input buffer may be somebody else's by now.
                    }
                    data = data[taken..];
                    break;
            }
        }
    }

    // A tunnel that opens has the client read, into the same input that holds what came behind the head.
    private void ProcessBehindTunnelHead(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        byte[] rest = Loop.Buffers.Rent(data.Length);
        int length = data.Length;
        data.CopyTo(rest);
        if (OnHead(exchange, hasMore: true))
        {
            Process(rest.AsSpan(0, length));
        }
        Loop.Buffers.Return(rest);
    }

    // Returns false if nothing of what is left of the input may be looked at.
    private bool OnHead(HttpExchange exchange, bool hasMore)
    {
        MessageHead head = exchange.Response;
        if (head.Status < 200)
        {
            if (head.Status == 101 && exchange.IsUpgrade)
            {
                _state = State.Tunnel;
                exchange.OnResponseHead(endStream: false);
                return IsOpen && Exchange == exchange;
            }
            if (head.Status == 101 || head.IsChunked || head.ContentLength > 0)
            {
                Fail(UpstreamFailure.ProtocolError, null);
                return false;
            }
            head.Reset();
            return true;
        }
        if (exchange.IsConnect && head.Status < 300)
        {
            _state = State.Tunnel;
            exchange.OnResponseHead(endStream: false);
            return IsOpen && Exchange == exchange;
        }
        bool noBody = exchange.IsHeadRequest || head.Status is 204 or 304;
        if (head.Status == 204 && (head.IsChunked || head.ContentLength > 0))
        {
            Fail(UpstreamFailure.ProtocolError, null);
            return false;
        }
        _body = BodyReader.Of(head, _pool.Config.Http1Trailers);
        _state = State.Body;
        if (noBody || head.ContentLength == 0)
        {
            Finish(exchange, head.ConnectionClose || hasMore);
            exchange.OnResponseHead(endStream: true);
            return false;
        }
        exchange.OnResponseHead(endStream: false);
        return IsOpen && Exchange == exchange;
    }

    private int OnBody(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        if (_body.IsAtTrailers)
        {
            return OnTrailers(exchange, data);
        }
        int consumed = _body.Read(data, out ReadOnlySpan<byte> piece);
        if (_body.IsBad)
        {
            Fail(UpstreamFailure.ProtocolError, null);
            return data.Length;
        }
        bool done = _body.IsDone;
        if (done)
        {
            // RFC 9112 9.2: more than the response was sent; what follows cannot be trusted.
            Finish(exchange, exchange.Response.ConnectionClose || consumed < data.Length);
        }
        if (done || !piece.IsEmpty)
        {
            exchange.OnResponseData(piece, done);
        }
        return consumed;
    }

    private int OnTrailers(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        MessageHead trailers = exchange.ResponseTrailersHead;
        HeadStatus status = trailers.ParseTrailers(data, HeadLimits.Response, out int consumed);
        if (status == HeadStatus.Incomplete)
        {
            return consumed;
        }
        if (status != HeadStatus.Complete)
        {
            Fail(UpstreamFailure.ProtocolError, null);
            return data.Length;
        }
        Finish(exchange, exchange.Response.ConnectionClose || consumed < data.Length);
        if (trailers.FieldCount > 0)
        {
            exchange.OnResponseTrailers();
        }
        else
        {
            exchange.OnResponseData([], endStream: true);
        }
        return consumed;
    }

    // The response is complete: the connection goes back before the exchange is told, so that its next request may use it.
    private void Finish(HttpExchange exchange, bool close)
    {
        Exchange = null;
        _state = State.Idle;
        exchange.OnUpstreamReleased();
        if (close || !_requestComplete || HasPendingOutput || _peerClosed)
        {
            CloseSocket();
            return;
        }
        _idleSince = Loop.Now;
        _pool.Release(this);
    }

    private void OnPeerClosed(int result)
    {
        _peerClosed = true;
        if (Exchange is null)
        {
            _pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyRemote);
            CloseSocket();
            return;
        }
        // RFC 9112 9.8: without a close_notify such a body may have been cut.
        if (result == 0 && _state == State.Body && _body.IsUntilClose && Transport is not { WasCut: true })
        {
            HttpExchange exchange = Exchange;
            Finish(exchange, close: true);
            exchange.OnResponseData([], endStream: true);
            return;
        }
        if (_state == State.Tunnel)
        {
            HttpExchange exchange = Exchange;
            Finish(exchange, close: true);
            exchange.OnResponseData([], endStream: true);
            return;
        }
        Fail(UpstreamFailure.ConnectionTermination, null);
    }
}
