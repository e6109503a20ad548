using System.Globalization;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Workers;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Local;

/// <summary>A connection to a local page: HTTP/1.1, one request at a time, the handler on the thread pool.</summary>
internal sealed class LocalConnection(ProxyWorker worker, LocalListener listener, ILogger logger, IpEndpoint remote) : StreamSocket(worker.Loop), IDisposable
{
    private const int MaximumBody = 1024 * 1024;

    private readonly MessageHead _head = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly List<byte> _body = [];
    private readonly List<byte> _ahead = [];
    private BodyReader _reader;
    private bool _hasHead;
    private bool _busy;
    private bool _close;
    private bool _isHttp10;

    public void Start(int fd) => Attach(fd);

    public override void Abort() => CloseSocket();

    public void Dispose() => _aborted.Dispose();

    protected override void OnReadable(Readiness events)
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
                return;
            }
            if (_busy)
            {
                _ahead.AddRange(Loop.Input.AsSpan(0, n));
                if (_ahead.Count > MaximumBody)
                {
                    CloseSocket();
                }
                continue;
            }
            Process(Loop.Input.AsSpan(0, n));
        }
    }

    protected override void OnOutputFailed(int error) => CloseSocket();

    protected override void OnOutputDrained()
    {
        if (_close && !_busy)
        {
            CloseSocket();
        }
    }

    protected override void OnClosed() => _aborted.Cancel();

    private void Process(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && !_busy && IsOpen && !_close)
        {
            if (_hasHead)
            {
                data = data[TakeBody(data)..];
                continue;
            }
            HeadStatus status = _head.Parse(data, HeadLimits.Request, isRequest: true, out int consumed);
            data = data[consumed..];
            if (status == HeadStatus.Incomplete)
            {
                return;
            }
            if (status != HeadStatus.Complete)
            {
                Refuse(400);
                return;
            }
            _hasHead = true;
            _reader = BodyReader.Of(_head, keepsTrailers: false);
            if (_head.ExpectsContinue)
            {
                Write("HTTP/1.1 100 Continue\r\n\r\n"u8);
            }
            if (!_head.IsChunked && _head.ContentLength <= 0)
            {
                Dispatch();
            }
        }
        _ahead.AddRange(data);
    }

    private int TakeBody(ReadOnlySpan<byte> data)
    {
        int consumed = _reader.Read(data, out ReadOnlySpan<byte> piece);
        _body.AddRange(piece);
        if (_reader.IsBad)
        {
            Refuse(400);
            return data.Length;
        }
        if (_reader.IsDone)
        {
            Dispatch();
        }
        if (_body.Count > MaximumBody)
        {
            Refuse(413);
            return data.Length;
        }
        return consumed;
    }

    private void Refuse(int status)
    {
        _close = true;
        Write(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} {Encoding.ASCII.GetString(StatusReasons.Of(status))}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    }

    private void Dispatch()
    {
        _busy = true;
        List<KeyValuePair<string, string>> headers = [];
        foreach (FieldLine line in _head.Fields)
        {
            headers.Add(new(
                Encoding.ASCII.GetString(_head.NameOf(line)).ToLowerInvariant(), Encoding.UTF8.GetString(_head.ValueOf(line))));
        }
        LocalRequest request = new(
            Encoding.ASCII.GetString(_head.Method), Encoding.ASCII.GetString(_head.Target), headers, _body.ToArray(), remote.ToIPEndPoint());
        _close = _head.ConnectionClose;
        _isHttp10 = _head.IsHttp10;
        _head.Reset();
        _body.Clear();
        _hasHead = false;
        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Connection.AnswerAsync(state.Request), (Connection: this, Request: request), false);
    }

    private async Task AnswerAsync(LocalRequest request)
    {
        LocalResponse response;
        try
        {
            response = await listener.Handler.HandleAsync(request, _aborted.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ProxyLog.PageFailed(logger, request.Target, listener.Name, e);
            response = LocalResponse.Text("internal error\n", 500);
        }
        bool isChunked = response.Stream is not null && !_isHttp10;
        _close |= response.Stream is not null && _isHttp10;
        byte[] head = Head(response, isChunked);
        bool bodyless = request.Method == "HEAD";
        if (response.Stream is null)
        {
            Loop.Post(() => Finish(head, bodyless ? default : response.Body));
            return;
        }
        Loop.Post(() => Send(head));
        try
        {
            await foreach (ReadOnlyMemory<byte> piece in response.Stream.WithCancellation(_aborted.Token).ConfigureAwait(false))
            {
                if (!bodyless && !piece.IsEmpty)
                {
                    byte[] bytes = isChunked
                        ? [.. Encoding.ASCII.GetBytes(piece.Length.ToString("x", CultureInfo.InvariantCulture)), .. "\r\n"u8, .. piece.Span, .. "\r\n"u8]
                        : piece.ToArray();
                    Loop.Post(() => Send(bytes));
                }
            }
            Loop.Post(() => Finish(bodyless || !isChunked ? [] : "0\r\n\r\n"u8.ToArray(), default));
        }
        catch (OperationCanceledException)
        {
            Loop.Post(CloseSocket);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ProxyLog.PageFailed(logger, request.Target, listener.Name, e);
            Loop.Post(CloseSocket);
        }
    }

    private byte[] Head(LocalResponse response, bool isChunked)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {response.Status} {Encoding.ASCII.GetString(StatusReasons.Of(response.Status))}\r\n");
        bool server = false;
        foreach ((string name, string value) in response.Headers)
        {
            server |= name.Equals("server", StringComparison.OrdinalIgnoreCase);
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }
        if (!server)
        {
            text.Append("server: envoy\r\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"date: {DateTimeOffset.FromUnixTimeMilliseconds(worker.Loop.WallNow):r}\r\n");
        if (isChunked)
        {
            text.Append("transfer-encoding: chunked\r\n");
        }
        else if (response.Stream is null)
        {
            text.Append(CultureInfo.InvariantCulture, $"content-length: {response.Body.Length}\r\n");
        }

        text.Append(_close ? "connection: close\r\n\r\n" : "\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Send(byte[] bytes)
    {
        if (IsOpen)
        {
            Write(bytes);
        }
    }

    private void Finish(byte[] head, ReadOnlyMemory<byte> body)
    {
        if (!IsOpen)
        {
            return;
        }
        Write(head);
        Write(body.Span);
        _busy = false;
        if (_close && PendingOutput == 0)
        {
            CloseSocket();
            return;
        }
        if (!_close && _ahead.Count > 0)
        {
            byte[] ahead = [.. _ahead];
            _ahead.Clear();
            Process(ahead);
        }
    }
}
