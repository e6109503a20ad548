using Lateen.Net.Http1;

namespace Lateen.Proxy.Http;

/// <summary>What goes: heads, bodies and their framing.</summary>
internal sealed partial class Http1Downstream
{
    private bool _responseChunked;

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

    private bool MustClose(HttpExchange exchange) =>
        exchange.CloseDownstream || exchange.Request.ConnectionClose || (_body != RequestBody.Complete && _body != RequestBody.Tunnel
            && exchange.IsResponseFinal) || Manager.IsRetired || _worker.IsDraining;

    private static void Put(Span<byte> destination, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(destination[at..]);
        at += text.Length;
    }
}
