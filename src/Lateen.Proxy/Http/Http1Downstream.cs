using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>A client's HTTP/1.x connection: one request after the other, pipelined ones wait (RFC 9112 9.3.2).</summary>
internal sealed class Http1Downstream : StreamSocket, IDownstreamStream
{
    // "PRI * HTTP/2.0" and its line end.
    private const int Http2PrefaceLine = 16;

    private readonly ProxyWorker _worker;
    private readonly ConnectionTimer _timer = new();
    private HttpExchange? _exchange;
    private byte[]? _stash;
    private int _stashLength;
    private RequestBody _body;
    private long _left;
    private ChunkedDecoder _chunks;
    private bool _readable;
    private bool _peerClosed;
    private bool _paused;
    private bool _processing;
    private bool _responseChunked;
    private bool _closing;
    private bool _responseComplete;
    private bool _isCounted;
    private long _headSince;
    private long _activeAt;

    public Http1Downstream(ProxyWorker worker, in DownstreamConnection connection, HttpManager manager) : base(worker.Loop)
    {
        _worker = worker;
        Connection = connection;
        Manager = manager;
        Stats = manager.Stats.For(worker.Index);
        _timer.Owner = this;
    }

    private enum RequestBody : byte
    {
        None,
        Length,
        Chunked,
        Tunnel,
        Complete,
    }

    public DownstreamConnection Connection { get; }

    public HttpManager Manager { get; }

    public StatBlock Stats { get; }

    public HttpProtocol Protocol => HttpProtocol.Http11;

    /// <summary>Begins to serve; bytes that inspection has already read come first.</summary>
    public void Start(int fd, StreamTransport? transport, ReadOnlySpan<byte> first)
    {
        Stats.Add(HttpStat.DownstreamCxTotal);
        Stats.Add(HttpStat.DownstreamCxActive);
        _activeAt = Loop.Now;
        ArmIdle();
        Attach(fd, transport);
        if (!first.IsEmpty)
        {
            Process(first);
        }
        else if (transport is not null)
        {
            OnReadable(Readiness.Readable);
        }
    }

    public void SendContinue() => Write("HTTP/1.1 100 Continue\r\n\r\n"u8);

    /// <summary>Writes the exchange's response head. What delimits the body is decided here.</summary>
    public void SendHead(HttpExchange exchange, bool endStream)
    {
        MessageHead head = exchange.Response;
        bool http10 = exchange.Request.IsHttp10;
        bool tunnel = exchange.IsTunnelOpen;
        bool bodyless = exchange.IsHeadRequest || head.Status is 204 or 304;
        _responseChunked = !endStream && !tunnel && head.ContentLength < 0 && !http10;
        if (MustClose(exchange) || (!endStream && head.ContentLength < 0 && http10))
        {
            _closing = true;
        }
        Span<byte> output = Reserve(head.FieldBytesBound + 160);
        int n = 0;
        Put(output, ref n, "HTTP/1.1 "u8);
        head.Status.TryFormat(output[n..], out int digits);
        n += digits;
        output[n++] = (byte)' ';
        Put(output, ref n, head.Reason);
        Put(output, ref n, "\r\n"u8);
        n += head.WriteFields(output[n..]);
        if (tunnel && !exchange.IsConnect)
        {
            Put(output, ref n, "connection: upgrade\r\n"u8);
        }
        else if (_responseChunked)
        {
            Put(output, ref n, "transfer-encoding: chunked\r\n"u8);
        }
        else if (endStream && !tunnel && !bodyless && head.ContentLength < 0)
        {
            Put(output, ref n, "content-length: 0\r\n"u8);
        }
        if (_closing && !tunnel)
        {
            Put(output, ref n, "connection: close\r\n"u8);
        }
        else if (http10 && !tunnel)
        {
            Put(output, ref n, "connection: keep-alive\r\n"u8);
        }
        Put(output, ref n, "\r\n"u8);
        Commit(n);
    }

    public void SendData(ReadOnlySpan<byte> data, bool endStream)
    {
        if (_responseChunked)
        {
            ChunkedWriter.Write(this, data, endStream);
        }
        else
        {
            Write(data);
        }
    }

    public void SendTrailers(MessageHead trailers)
    {
        if (_responseChunked)
        {
            ChunkedWriter.End(this, Manager.EnableTrailers ? trailers : null);
        }
    }

    /// <summary>The response cannot be completed: the client must see that it was cut (RFC 9112 8).</summary>
    public void ResetStream()
    {
        _exchange = null;
        CutSocket();
    }

    public void PauseReading() => _paused = true;

    public void ResumeReading()
    {
        if (_paused)
        {
            _paused = false;
            if (!_processing)
            {
                Continue();
            }
        }
    }

    /// <summary>The upgrade was accepted: from here on bytes pass as they are.</summary>
    public void BeginTunnel() => _body = RequestBody.Tunnel;

    /// <summary>The exchange is over and has been logged; the next may begin.</summary>
    public void OnExchangeDone()
    {
        _exchange = null;
        _activeAt = Loop.Now;
        _responseComplete = true;
        if (!IsOpen)
        {
            return;
        }
        if (_closing || _body != RequestBody.Complete)
        {
            CloseGracefully();
            return;
        }
        if (!_processing)
        {
            Continue();
        }
    }

    public override void Abort() => Gone();

    protected override void OnReadable(Readiness events)
    {
        _readable = true;
        _peerClosed |= (events & (Readiness.PeerClosed | Readiness.Failed)) != 0;
        if (_closing && _responseComplete)
        {
            DiscardInput();
            return;
        }
        if (_exchange is not null && _body == RequestBody.Complete)
        {
            // The answer is under way, nothing is read meanwhile; but a client that is gone is noticed (Envoy: DC).
            if (_peerClosed)
            {
                Gone();
            }
            return;
        }
        if (!_paused)
        {
            Continue();
        }
    }

    protected override void OnOutputDrained()
    {
        if (_closing && _responseComplete)
        {
            CloseGracefully();
            return;
        }
        _exchange?.OnDownstreamDrained();
    }

    protected override void OnOutputFailed(int error) => Gone();

    protected override void OnClosed()
    {
        Loop.Timers.Cancel(_timer);
        if (_stash is { } stash)
        {
            _stash = null;
            Loop.Buffers.Return(stash);
        }
        Stats.Add(HttpStat.DownstreamCxActive, -1);
        Stats.Add(HttpStat.DownstreamCxHttp1Active, _isCounted ? -1 : 0);
        Stats.Add(HttpStat.DownstreamCxDestroy);
        Stats.Add(HttpStat.DownstreamCxRxBytesTotal, BytesIn);
        Stats.Add(HttpStat.DownstreamCxTxBytesTotal, BytesOut);
        Stats.Record(1, Loop.Now - Connection.AcceptedAt);
        Connection.Listener.OnConnectionClosed(_worker, Connection);
    }

    // Works on what has come, first the stash, then the socket, until there is nothing or something must be waited for.
    private void Continue()
    {
        if (_stashLength > 0)
        {
            byte[] stash = _stash!;
            int length = _stashLength;
            (_stash, _stashLength) = (null, 0);
            Process(stash.AsSpan(0, length));
            Loop.Buffers.Return(stash);
        }
        while (_readable && CanRead)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                _readable = false;
                return;
            }
            if (n <= 0)
            {
                _peerClosed = true;
                Gone();
                return;
            }
            // A short read has emptied the socket; the next edge comes with the next byte.
            _readable = n == EventLoop.InputSize || _peerClosed || HasBufferedInput;
            Process(Loop.Input.AsSpan(0, n));
        }
    }

    private bool CanRead => IsOpen && !_paused && !_closing && !(_exchange is not null && _body == RequestBody.Complete);

    private void Process(ReadOnlySpan<byte> data)
    {
        _processing = true;
        while (!data.IsEmpty && IsOpen && !_closing)
        {
            if (_exchange is null || (_body == RequestBody.None && !_exchange.HasBegun))
            {
                data = data[ReadHead(data)..];
            }
            else if (_body == RequestBody.Complete)
            {
                Stash(data);
                break;
            }
            else if (_paused && _body == RequestBody.Tunnel && !_exchange.CanTakeBody)
            {
                Stash(data);
                break;
            }
            else
            {
                data = data[ReadBody(_exchange, data)..];
            }
        }
        _processing = false;
    }

    private int ReadHead(ReadOnlySpan<byte> data)
    {
        if (_exchange is null)
        {
            _exchange = _worker.TakeExchange();
            _exchange.Attach(this);
            (_body, _responseComplete) = (RequestBody.None, false);
        }
        HttpExchange exchange = _exchange;
        HeadStatus status = exchange.Request.Parse(data, Manager.HeadLimits, isRequest: true, out int consumed);
        if (status == HeadStatus.Incomplete)
        {
            if (!exchange.Request.IsPartial)
            {
                // Only blank lines so far.
                ReturnUnused();
            }
            else if (_headSince == 0)
            {
                AwaitHead();
            }
            return consumed;
        }
        if (!_isCounted && status == HeadStatus.Malformed && IsHttp2(exchange))
        {
            BecomeHttp2(exchange, data[consumed..]);
            return data.Length;
        }
        CountProtocol();
        _headSince = 0;
        if (status != HeadStatus.Complete)
        {
            Refuse(exchange, status);
            return data.Length;
        }
        MessageHead head = exchange.Request;
        if ((head.HasUpgrade || head.IsConnectMethod) && !head.IsChunked && head.ContentLength <= 0)
        {
            _body = RequestBody.Tunnel;
        }
        else if (head.IsChunked)
        {
            (_body, _chunks) = (RequestBody.Chunked, new ChunkedDecoder { KeepsTrailers = Manager.EnableTrailers });
        }
        else
        {
            (_body, _left) = head.ContentLength > 0 ? (RequestBody.Length, head.ContentLength) : (RequestBody.Complete, 0);
        }
        _closing = false;
        bool upgradeWanted = _body == RequestBody.Tunnel;
        exchange.Begin(endStream: _body == RequestBody.Complete);
        if (upgradeWanted && _exchange == exchange)
        {
            if (!exchange.IsUpgrade)
            {
                _body = RequestBody.Complete;
                exchange.OnRequestData([], endStream: true);
            }
            else if (!exchange.CanTakeBody)
            {
                _paused = true; // Until 101 says that the bytes that follow are the other protocol's.
            }
        }
        return consumed;
    }

    // RFC 9113 3.4: the preface is no request of HTTP/1, so the parser has stopped at its first line and holds every byte so far.
    private bool IsHttp2(HttpExchange exchange) =>
        Manager.Codec == CodecChoice.Auto && exchange.Request.Received.StartsWith(Http2Session.Preface[..Http2PrefaceLine]);

    private void BecomeHttp2(HttpExchange exchange, ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> received = exchange.Request.Received;
        byte[] first = Loop.Buffers.Rent(received.Length + rest.Length);
        int length = received.Length + rest.Length;
        received.CopyTo(first);
        rest.CopyTo(first.AsSpan(received.Length));
        ReturnUnused();
        Loop.Timers.Cancel(_timer);
        (int fd, StreamTransport? transport) = Release();
        new Http2Downstream(_worker, Connection, Manager).Continue(fd, transport, first.AsSpan(0, length));
        Loop.Buffers.Return(first);
    }

    // With the first request it is certain which protocol this is.
    private void CountProtocol()
    {
        if (!_isCounted)
        {
            _isCounted = true;
            Stats.Add(HttpStat.DownstreamCxHttp1Total);
            Stats.Add(HttpStat.DownstreamCxHttp1Active);
        }
    }

    private int ReadBody(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        switch (_body)
        {
            case RequestBody.Length:
                int n = (int)Math.Min(_left, data.Length);
                _left -= n;
                if (_left == 0)
                {
                    _body = RequestBody.Complete;
                }
                exchange.OnRequestData(data[..n], endStream: _left == 0);
                return n;
            case RequestBody.Chunked when _chunks.IsAtTrailers:
                return ReadTrailers(exchange, data);
            case RequestBody.Chunked:
                int consumed = _chunks.Read(data, out ReadOnlySpan<byte> piece);
                if (_chunks.IsBad)
                {
                    Stats.Add(HttpStat.DownstreamCxProtocolError);
                    exchange.RefuseBody();
                    return data.Length;
                }
                bool done = _chunks.IsDone;
                if (done)
                {
                    _body = RequestBody.Complete;
                }
                if (done || !piece.IsEmpty)
                {
                    exchange.OnRequestData(piece, done);
                }
                return consumed;
            default:
                exchange.OnRequestData(data, endStream: false);
                return data.Length;
        }
    }

    private int ReadTrailers(HttpExchange exchange, ReadOnlySpan<byte> data)
    {
        HeadStatus status = exchange.RequestTrailers.ParseTrailers(data, Manager.HeadLimits, out int consumed);
        if (status == HeadStatus.Incomplete)
        {
            return consumed;
        }
        if (status != HeadStatus.Complete)
        {
            Stats.Add(HttpStat.DownstreamCxProtocolError);
            exchange.RefuseBody();
            return data.Length;
        }
        _body = RequestBody.Complete;
        if (exchange.RequestTrailers.FieldCount > 0)
        {
            exchange.OnRequestTrailers();
        }
        else
        {
            exchange.OnRequestData([], endStream: true);
        }
        return consumed;
    }

    private void Refuse(HttpExchange exchange, HeadStatus status)
    {
        Stats.Add(HttpStat.DownstreamCxProtocolError);
        (int code, string details, string body) = status switch
        {
            HeadStatus.TooLarge => (431, "http1.headers_too_large", "Request Header Fields Too Large"),
            HeadStatus.TooManyFields => (431, "http1.too_many_headers", "Request Header Fields Too Large"),
            HeadStatus.UnsupportedTransferCoding => (501, "http1.invalid_transfer_encoding", "Not Implemented"),
            HeadStatus.LengthAndChunked => (400, "http1.content_length_and_chunked_not_allowed", "Bad Request"),
            HeadStatus.BadConnectionField => (400, "http1.connection_header_rejected", "Bad Request"),
            _ => (400, "http1.codec_error", "Bad Request"),
        };
        exchange.RefuseHead(code, details, Encoding.ASCII.GetBytes(body));
    }

    private bool MustClose(HttpExchange exchange) =>
        exchange.CloseDownstream || exchange.Request.ConnectionClose || (_body != RequestBody.Complete && _body != RequestBody.Tunnel
            && exchange.IsResponseFinal) || Manager.IsRetired || _worker.IsDraining;

    private void Stash(ReadOnlySpan<byte> data)
    {
        byte[] stash = Loop.Buffers.Rent(data.Length);
        data.CopyTo(stash);
        (_stash, _stashLength) = (stash, data.Length);
    }

    // Everything is sent: FIN, then wait for the client's, so that a reset does not overtake the answer (Envoy: delayed_close_timeout).
    private void CloseGracefully()
    {
        _closing = true;
        if (HasPendingOutput || PendingOutput > 0)
        {
            return;
        }
        if (_peerClosed || _body == RequestBody.Complete)
        {
            // Nothing unread is known of; a pipelined request that nobody will answer may be lost, as RFC 9112 9.6 says.
            if (_stashLength == 0 && !_readable)
            {
                CloseSocket();
                return;
            }
        }
        ShutdownWrite();
        Loop.ArmTimer(_timer, 1000);
        DiscardInput();
    }

    private void DiscardInput()
    {
        while (IsOpen)
        {
            int n = Receive(Loop.Input);
            if (n == -LibC.Eagain)
            {
                return;
            }
            if (n <= 0)
            {
                CloseSocket();
            }
        }
    }

    private void Gone()
    {
        HttpExchange? exchange = _exchange;
        _exchange = null;
        Stats.Add(HttpStat.DownstreamCxDestroyRemote);
        CloseSocket();
        if (exchange is { HasBegun: true })
        {
            exchange.OnDownstreamGone();
        }
        else if (exchange is not null)
        {
            _worker.ReturnExchange(exchange);
        }
    }

    private void ReturnUnused()
    {
        _worker.ReturnExchange(_exchange!);
        _exchange = null;
    }

    // Slow heads: the timer of idleness serves, it is asked earlier.
    private void AwaitHead()
    {
        _headSince = Loop.Now;
        if (Manager.RequestHeadersTimeoutMilliseconds > 0)
        {
            Loop.ArmTimer(_timer, Manager.RequestHeadersTimeoutMilliseconds);
        }
    }

    private void OnTimer()
    {
        if (_closing)
        {
            CloseSocket();
            return;
        }
        if (_headSince > 0 && Manager.RequestHeadersTimeoutMilliseconds > 0 && Loop.Now - _headSince >= Manager.RequestHeadersTimeoutMilliseconds
            && _exchange is { HasBegun: false } late)
        {
            _headSince = 0;
            Stats.Add(HttpStat.DownstreamRqHeaderTimeout);
            late.RefuseHead(408, "request_header_timeout", "request header timeout"u8, AccessLog.ResponseFlags.None);
            return;
        }
        if (_exchange is { HasBegun: true })
        {
            _activeAt = Loop.Now;
        }
        else if (Loop.Now - _activeAt >= Manager.IdleTimeoutMilliseconds)
        {
            Stats.Add(HttpStat.DownstreamCxIdleTimeout);
            Gone();
            return;
        }
        ArmIdle();
    }

    private void ArmIdle()
    {
        if (Manager.IdleTimeoutMilliseconds > 0)
        {
            Loop.ArmTimer(_timer, _activeAt + Manager.IdleTimeoutMilliseconds - Loop.Now);
        }
    }

    private static void Put(Span<byte> destination, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(destination[at..]);
        at += text.Length;
    }

    private sealed class ConnectionTimer : LoopTimer
    {
        public Http1Downstream? Owner { get; set; }

        public override void OnTimer() => Owner?.OnTimer();
    }
}
