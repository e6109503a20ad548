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
        HeadWriter output = new(Reserve(head.FieldBytesBound + 160));
        output.Add("HTTP/1.1 "u8);
        output.Add(head.Status);
        output.Add(" "u8);
        output.Add(head.Reason);
        output.Add("\r\n"u8);
        output.AddFieldsOf(head);
        if (tunnel && !exchange.IsConnect)
        {
            output.Add("connection: upgrade\r\n"u8);
        }
        else if (_responseChunked)
        {
            output.Add("transfer-encoding: chunked\r\n"u8);
        }
        else if (endStream && !tunnel && !bodyless && head.ContentLength < 0)
        {
            output.Add("content-length: 0\r\n"u8);
        }
        if (_closing && !tunnel)
        {
            output.Add("connection: close\r\n"u8);
        }
        else if (http10 && !tunnel)
        {
            output.Add("connection: keep-alive\r\n"u8);
        }
        output.Add("\r\n"u8);
        Commit(output.Length);
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
            && exchange.IsResponseFinal) || Manager.IsRetired || _worker.IsDraining || Manager.HasOutlived(Connection, Loop.Now);
}
