using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Http2;
using Lateen.Net.Sockets;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>What comes: the bytes of requests, one request after the other.</summary>
internal sealed partial class Http1Downstream
{
    private byte[]? _stash;
    private int _stashLength;
    private RequestBody _body;
    private BodyReader _reader;
    private bool _readable;
    private bool _processing;
    private bool _isCounted;

    private enum RequestBody : byte
    {
        None,
        Underway,
        Tunnel,
        Complete,
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
        else if (head.IsChunked || head.ContentLength > 0)
        {
            (_body, _reader) = (RequestBody.Underway, BodyReader.Of(head, Manager.EnableTrailers));
        }
        else
        {
            _body = RequestBody.Complete;
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
        if (_body == RequestBody.Tunnel)
        {
            exchange.OnRequestData(data, endStream: false);
            return data.Length;
        }
        if (_reader.IsAtTrailers)
        {
            return ReadTrailers(exchange, data);
        }
        int consumed = _reader.Read(data, out ReadOnlySpan<byte> piece);
        if (_reader.IsBad)
        {
            Stats.Add(HttpStat.DownstreamCxProtocolError);
            exchange.RefuseBody();
            return data.Length;
        }
        bool done = _reader.IsDone;
        if (done)
        {
            _body = RequestBody.Complete;
        }
        if (done || !piece.IsEmpty)
        {
            exchange.OnRequestData(piece, done);
        }
        return consumed;
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

    private void Stash(ReadOnlySpan<byte> data)
    {
        byte[] stash = Loop.Buffers.Rent(data.Length);
        data.CopyTo(stash);
        (_stash, _stashLength) = (stash, data.Length);
    }

    private void ReturnUnused()
    {
        _worker.ReturnExchange(_exchange!);
        _exchange = null;
    }
}
