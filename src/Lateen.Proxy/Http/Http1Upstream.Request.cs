using Lateen.Net.Http1;

namespace Lateen.Proxy.Http;

/// <summary>What goes: the request and its framing.</summary>
internal sealed partial class Http1Upstream
{
    private bool _requestChunked;
    private bool _requestComplete;

    /// <summary>Writes the head as it is to be forwarded.</summary>
    public override void SendHead(HttpExchange exchange, bool endStream)
    {
        MessageHead head = exchange.Request;
        _requestChunked = !endStream && head.ContentLength < 0 && !exchange.IsUpgrade;
        ReadOnlySpan<byte> method = head.Method, target = head.Target;
        HeadWriter output = new(Reserve(method.Length + target.Length + head.FieldBytesBound + 96));
        output.Add(method);
        output.Add(" "u8);
        output.Add(target);
        output.Add(" HTTP/1.1\r\n"u8);
        output.AddFieldsOf(head);
        if (_requestChunked)
        {
            output.Add("transfer-encoding: chunked\r\n"u8);
        }
        else if (exchange is { IsUpgrade: true, IsConnect: false })
        {
            output.Add("connection: upgrade\r\n"u8);
        }
        else if (endStream && head.ContentLength < 0 && (method.SequenceEqual("POST"u8) || method.SequenceEqual("PUT"u8)))
        {
            output.Add("content-length: 0\r\n"u8);
        }
        output.Add("\r\n"u8);
        Commit(output.Length);
        _requestComplete = endStream;
    }

    public override void SendData(ReadOnlySpan<byte> data, bool endStream)
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
            FinishWriting();
        }
    }

    public override void SendTrailers(MessageHead trailers)
    {
        if (_requestChunked)
        {
            ChunkedWriter.End(this, _pool.Config.Http1Trailers ? trailers : null);
        }
        _requestComplete = true;
    }
}
