using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>An HTTP/1.1 connection to a host: one exchange at a time.</summary>
internal sealed class Http1Upstream(ProxyWorker worker, Http1Pool pool) : StreamSocket(worker.Loop), IUpstreamStream
{
    private readonly UpstreamTimer _timer = new();
    private HttpExchange? _exchange;
    private State _state;
    private BodyKind _body;
    private long _left;
    private ChunkedDecoder _chunks;
    private bool _requestChunked;
    private bool _requestComplete;
    private bool _finWanted;
    private bool _paused;
    private bool _sawInput;
    private bool _peerClosed;
    private long _idleSince;
    private long _connectStarted;

    private enum State : byte
    {
        Idle,
        Head,
        Body,
        Tunnel,
    }

    private enum BodyKind : byte
    {
        Length,
        Chunked,
        UntilClose,
    }

    public Http1Upstream? Next { get; set; }

    public Http1Upstream? Previous { get; set; }

    /// <summary>In the pool's idle list.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Exchanges begun on this connection.</summary>
    public uint Served { get; private set; }

    public IpEndpoint LocalAddress { get; private set; }

    /// <summary>No byte of a response has come for the running exchange, and the connection had served another before.</summary>
    public bool MayHaveDiedIdle => Served > 1 && !_sawInput;

    public HostPool Pool => pool;

    public HttpProtocol Protocol => HttpProtocol.Http11;

    public void Start(int fd, StreamTransport? transport)
    {
        pool.OnOpened();
        _connectStarted = Loop.Now;
        _timer.Owner = this;
        Loop.ArmTimer(_timer, pool.Config.ConnectTimeoutMilliseconds);
        AttachConnecting(fd, transport);
    }

    /// <summary>Sends the exchange's request. The connection is idle and connected.</summary>
    public void Begin(HttpExchange exchange)
    {
        _exchange = exchange;
        _state = State.Head;
        Served++;
        (_requestComplete, _sawInput, _paused) = (false, false, false);
        exchange.OnUpstreamReady(this);
    }

    /// <summary>Writes the head as it is to be forwarded.</summary>
    public void SendHead(HttpExchange exchange, bool endStream)
    {
        MessageHead head = exchange.Request;
        _requestChunked = !endStream && head.ContentLength < 0 && !exchange.IsUpgrade;
        ReadOnlySpan<byte> method = head.Method, target = head.Target;
        Span<byte> output = Reserve(method.Length + target.Length + head.FieldBytesBound + 96);
        int n = 0;
        Put(output, ref n, method);
        output[n++] = (byte)' ';
        Put(output, ref n, target);
        Put(output, ref n, " HTTP/1.1\r\n"u8);
        n += head.WriteFields(output[n..]);
        if (_requestChunked)
        {
            Put(output, ref n, "transfer-encoding: chunked\r\n"u8);
        }
        else if (exchange is { IsUpgrade: true, IsConnect: false })
        {
            Put(output, ref n, "connection: upgrade\r\n"u8);
        }
        else if (endStream && head.ContentLength < 0 && (method.SequenceEqual("POST"u8) || method.SequenceEqual("PUT"u8)))
        {
            Put(output, ref n, "content-length: 0\r\n"u8);
        }
        Put(output, ref n, "\r\n"u8);
        Commit(n);
        _requestComplete = endStream;
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_requestChunked)
        {
            ChunkedWriter.Write(this, data, endStream);
        }
        else
        {
            Write(data);
        }
        _requestComplete |= endStream;
        if (endStream && _state == State.Tunnel)
        {
            _finWanted = true;
            FinishTunnel();
        }
    }

    public void SendTrailers(MessageHead trailers)
    {
        if (_requestChunked)
        {
            ChunkedWriter.End(this, pool.Config.Http1Trailers ? trailers : null);
        }
        _requestComplete = true;
    }

    /// <summary>The exchange has lost interest: the connection cannot be used again, as a response may still come.</summary>
    public void Cancel()
    {
        _exchange = null;
        CloseSocket();
    }

    public void PauseReading() => _paused = true;

    public void ResumeReading()
    {
        if (_paused)
        {
            _paused = false;
            if (IsOpen)
            {
                ReadLoop();
            }
        }
    }

    public override void Abort() => Fail(UpstreamFailure.LocalReset, null);

    protected override void OnConnected(int error)
    {
        Loop.Timers.Cancel(_timer);
        if (error != 0)
        {
            CloseSocket();
            pool.OnConnectFailed(UpstreamFailure.RemoteConnectionFailure, TransportFailure ?? $"delayed connect error: {error}");
            return;
        }
        LocalAddress = SocketCalls.LocalAddress(Fd);
        pool.Cluster.Stats.Record(0, Loop.Now - _connectStarted);
        _idleSince = Loop.Now;
        ArmIdle();
        pool.OnConnected(this);
    }

    protected override void OnReadable(Readiness events)
    {
        _peerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        ReadLoop();
    }

    protected override void OnOutputDrained()
    {
        FinishTunnel();
        _exchange?.OnUpstreamDrained();
    }

    protected override void OnOutputFailed(int error)
    {
        // The peer may have answered before it closed (an early 413, say): what it sent is read first.
        _peerClosed = true;
        _paused = false;
        ReadLoop();
    }

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        pool.OnClosed(this);
    }

    // The client has said all it has to say through the tunnel.
    private void FinishTunnel()
    {
        if (_finWanted && IsOpen && PendingOutput == 0)
        {
            _finWanted = false;
            ShutdownWrite();
        }
    }

    private void ReadLoop()
    {
        while (IsOpen && !_paused)
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
            if (_exchange is null)
            {
                // Bytes without a request: nothing that follows could be trusted.
                pool.Cluster.Stats.Add(ClusterStat.UpstreamCxProtocolError);
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
        while (!data.IsEmpty && _exchange is { } exchange)
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
                    if (_exchange != exchange)
                    {
                        return; // The shared input buffer may be somebody else's by now.
                    }
                    data = data[taken..];
                    break;
            }
        }
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
                return IsOpen && _exchange == exchange;
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
            return IsOpen && _exchange == exchange;
        }
        bool noBody = exchange.IsHeadRequest || head.Status is 204 or 304;
        if (head.Status == 204 && (head.IsChunked || head.ContentLength > 0))
        {
            Fail(UpstreamFailure.ProtocolError, null);
            return false;
        }
        _left = head.ContentLength;
        _body = head.IsChunked ? BodyKind.Chunked : head.ContentLength >= 0 ? BodyKind.Length : BodyKind.UntilClose;
        _chunks = new ChunkedDecoder { KeepsTrailers = pool.Config.Http1Trailers };
        _state = State.Body;
        if (noBody || head.ContentLength == 0)
        {
            Finish(exchange, head.ConnectionClose || hasMore);
            exchange.OnResponseHead(endStream: true);
            return false;
        }
        exchange.OnResponseHead(endStream: false);
        return IsOpen && _exchange == exchange;
    }

    private int OnBody(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        switch (_body)
        {
            case BodyKind.Length:
                int n = (int)Math.Min(_left, data.Length);
                _left -= n;
                bool last = _left == 0;
                if (last)
                {
                    // RFC 9112 9.2: more than the response was sent; what follows cannot be trusted.
                    Finish(exchange, exchange.Response.ConnectionClose || n < data.Length);
                }
                exchange.OnResponseData(data[..n], last);
                return n;
            case BodyKind.UntilClose:
                exchange.OnResponseData(data, endStream: false);
                return data.Length;
            case BodyKind.Chunked when _chunks.IsAtTrailers:
                return OnTrailers(exchange, data);
            default:
                int consumed = _chunks.Read(data, out ReadOnlySpan<byte> piece);
                if (_chunks.IsBad)
                {
                    Fail(UpstreamFailure.ProtocolError, null);
                    return data.Length;
                }
                bool done = _chunks.IsDone;
                if (done)
                {
                    Finish(exchange, exchange.Response.ConnectionClose || consumed < data.Length);
                }
                if (done || !piece.IsEmpty)
                {
                    exchange.OnResponseData(piece, done);
                }
                return consumed;
        }
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
        _exchange = null;
        _state = State.Idle;
        exchange.OnUpstreamReleased();
        if (close || !_requestComplete || HasPendingOutput || _peerClosed)
        {
            CloseSocket();
            return;
        }
        _idleSince = Loop.Now;
        pool.Release(this);
    }

    private void OnPeerClosed(int result)
    {
        _peerClosed = true;
        if (_exchange is null)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyRemote);
            CloseSocket();
            return;
        }
        // RFC 9112 9.8: without a close_notify such a body may have been cut.
        if (result == 0 && _state == State.Body && _body == BodyKind.UntilClose && Transport is not { WasCut: true })
        {
            HttpExchange exchange = _exchange;
            Finish(exchange, close: true);
            exchange.OnResponseData([], endStream: true);
            return;
        }
        if (_state == State.Tunnel)
        {
            HttpExchange exchange = _exchange;
            Finish(exchange, close: true);
            exchange.OnResponseData([], endStream: true);
            return;
        }
        Fail(UpstreamFailure.ConnectionTermination, null);
    }

    private void Fail(UpstreamFailure failure, string? transport)
    {
        HttpExchange? exchange = _exchange;
        bool diedIdle = failure == UpstreamFailure.ConnectionTermination && MayHaveDiedIdle;
        _exchange = null;
        if (failure == UpstreamFailure.ProtocolError)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxProtocolError);
        }
        if (exchange is not null)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxDestroyWithActiveRq);
            pool.Cluster.Stats.Add(ClusterStat.UpstreamRqRxReset);
        }
        CloseSocket();
        exchange?.OnUpstreamReset(failure, transport, diedIdle);
    }

    private void OnTimer()
    {
        if (IsConnecting)
        {
            CloseSocket();
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxConnectTimeout);
            pool.OnConnectFailed(UpstreamFailure.ConnectionTimeout, null);
            return;
        }
        if (IsIdle && Loop.Now - _idleSince >= pool.Config.IdleTimeoutMilliseconds)
        {
            pool.Cluster.Stats.Add(ClusterStat.UpstreamCxIdleTimeout);
            CloseSocket();
            return;
        }
        ArmIdle();
    }

    // Armed once and looked at when it fires: a request does not touch the wheel.
    private void ArmIdle()
    {
        if (pool.Config.IdleTimeoutMilliseconds > 0)
        {
            long left = IsIdle || Served == 0 ? _idleSince + pool.Config.IdleTimeoutMilliseconds - Loop.Now : pool.Config.IdleTimeoutMilliseconds;
            Loop.ArmTimer(_timer, Math.Max(left, 1));
        }
    }

    private static void Put(Span<byte> destination, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(destination[at..]);
        at += text.Length;
    }

    private sealed class UpstreamTimer : LoopTimer
    {
        public Http1Upstream? Owner { get; set; }

        public override void OnTimer() => Owner?.OnTimer();
    }
}
