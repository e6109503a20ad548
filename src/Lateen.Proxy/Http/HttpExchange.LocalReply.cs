using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>Answers of our own (Envoy: local replies). They go through the response side of the filters as the upstream's do.</summary>
internal sealed partial class HttpExchange
{
    private bool _replied;
    private byte[] _replyBody = [];
    private byte[]? _challenge;

    /// <summary>Answers in the proxy. gRPC requests get their status in headers.</summary>
    public void Reply(int status, ReadOnlySpan<byte> body, ResponseFlags flags, string details) => Reply(status, body, flags, details, null);

    /// <summary>An answer of our own with fields that a filter adds.</summary>
    public void Reply(int status, ReadOnlySpan<byte> body, ResponseFlags flags, string details, Action<MessageHead>? edit)
    {
        Flags |= flags;
        Details = details;
        if (IsGrpc)
        {
            ReplyMapper? ofGrpc = Rewrite(ref status, ref body, out _);
            StartGrpcReply(GrpcStatusOf(status), body, edit);
            ofGrpc?.Edits.Apply(Response, this, _worker);
            SendReply([]);
            return;
        }
        ReplyMapper? mapper = Rewrite(ref status, ref body, out byte[]? contentType);
        Response.Reset();
        Response.StartResponse(status);
        edit?.Invoke(Response);
        if (!body.IsEmpty)
        {
            Response.Set(HttpField.ContentLength, body.Length);
            if (contentType is not null || !Response.Has(HttpField.ContentType))
            {
                Response.Set(HttpField.ContentType, contentType ?? "text/plain"u8);
            }
        }
        mapper?.Edits.Apply(Response, this, _worker);
        SendReply(body);
    }

    /// <summary>An answer that is a filter's regular business and no error: no body, whatever the request was.</summary>
    public void ReplyHead(int status, string details, Action<MessageHead> edit)
    {
        Details = details;
        Response.Reset();
        Response.StartResponse(status);
        edit(Response);
        SendReply([]);
    }

    /// <summary>As <see cref="Reply(int, ReadOnlySpan{byte}, ResponseFlags, string)"/>, with a challenge for a token (RFC 6750, 3): the realm is the address that was asked for.</summary>
    public void ReplyWithChallenge(int status, ReadOnlySpan<byte> body, string details, string error)
    {
        string challenge = $"Bearer realm=\"{Encoding.UTF8.GetString(Query().Scheme)}://{Encoding.UTF8.GetString(Request.Get(HttpField.Host))}"
            + $"{Encoding.UTF8.GetString(Query().Path)}\"{error}";
        _challenge = status == 401 ? Encoding.UTF8.GetBytes(challenge) : null;
        Reply(status, body, ResponseFlags.None, details);
    }

    /// <summary>A gRPC error: HTTP 200, headers only (gRPC over HTTP/2, "Trailers-Only").</summary>
    public void ReplyGrpcStatus(int grpcStatus, ReadOnlySpan<byte> message, ResponseFlags flags, string details)
    {
        Flags |= flags;
        Details = details;
        StartGrpcReply(grpcStatus, message, null);
        SendReply([]);
    }

    private void StartGrpcReply(int grpcStatus, ReadOnlySpan<byte> message, Action<MessageHead>? edit)
    {
        Response.Reset();
        Response.StartResponse(200);
        edit?.Invoke(Response);
        Response.Set(HttpField.ContentType, "application/grpc"u8);
        Response.Set(HttpField.GrpcStatus, grpcStatus);
        if (!message.IsEmpty)
        {
            Response.Add("grpc-message"u8, GrpcMessage(message));
        }
    }

    // local_reply_config: the mapper is chosen by what the answer was going to be; what it writes sees what the answer is going to be.
    private ReplyMapper? Rewrite(ref int status, ref ReadOnlySpan<byte> body, out byte[]? contentType)
    {
        contentType = null;
        if (_manager.LocalReplies is not { } replies)
        {
            return null;
        }
        (ResponseCode, _replied, _replyBody) = (status, true, body.ToArray());
        ReplyMapper? mapper = replies.Find(this, _worker);
        status = mapper?.Status ?? status;
        _replyBody = mapper?.Body ?? _replyBody;
        ResponseCode = status;
        body = _replyBody;
        if ((mapper?.Format ?? replies.Body) is { } format)
        {
            body = format.Render(this, _worker);
            contentType = format.ContentType;
        }
        return mapper;
    }

    // Percent-encoding of gRPC: everything but printable ASCII, and the percent sign.
    private static byte[] GrpcMessage(ReadOnlySpan<byte> message)
    {
        StringBuilder text = new();
        foreach (byte b in message)
        {
            text.Append(b is >= 0x20 and <= 0x7e and not (byte)'%' ? ((char)b).ToString() : $"%{b:X2}");
        }
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static int GrpcStatusOf(int status) => status switch
    {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 or 502 or 503 or 504 => 14,
        _ => 2,
    };

    private void ReplyRedirect(int status, ReadOnlySpan<byte> location, string details)
    {
        Details = details;
        ReadOnlySpan<byte> body = [];
        ReplyMapper? mapper = Rewrite(ref status, ref body, out byte[]? contentType);
        Response.Reset();
        Response.StartResponse(status);
        Response.Add("location"u8, location);
        if (!body.IsEmpty)
        {
            Response.Set(HttpField.ContentLength, body.Length);
            Response.Set(HttpField.ContentType, contentType ?? "text/plain"u8);
        }
        mapper?.Edits.Apply(Response, this, _worker);
        SendReply(body);
    }

    private void SendReply(ReadOnlySpan<byte> body)
    {
        _replied = true;
        if (_challenge is not null)
        {
            Response.Add("www-authenticate"u8, _challenge);
            _challenge = null;
        }
        if (!_requestComplete)
        {
            // The rest of the request will not be read.
            CloseDownstream = true;
            _stats.Add(HttpStat.DownstreamRqResponseBeforeRqComplete);
        }
        if ((Flags & ResponseFlags.UO) != 0)
        {
            Response.Set(HttpField.XEnvoyOverloaded, "true"u8);
        }
        // Kept for %LOCAL_REPLY_BODY%: our own replies are short and not the steady state.
        _replyBody = body.ToArray();
        bool hasBody = !body.IsEmpty && !IsHeadRequest;
        SendHead(endStream: !hasBody);
        if (hasBody)
        {
            BodyBytesOut += body.Length;
            _downstream?.SendData(body, endStream: true);
        }
        Finish();
    }
}
