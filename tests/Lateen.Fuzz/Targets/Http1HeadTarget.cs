using System.Text;
using Lateen.Net.Http1;

namespace Lateen.Fuzz.Targets;

/// <summary>Heads of HTTP/1: cut anywhere they mean the same, and what is forwarded parses to the same again.</summary>
internal sealed class Http1HeadTarget(bool isRequest) : FuzzTarget
{
    private static readonly HeadLimits Limits = new(4096, 30);

    public override string Name => isRequest ? "http1" : "http1-response";

    public override byte[][] Seeds => isRequest ? Requests : Responses;

    private static byte[][] Requests =>
    [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(),
        "POST /x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\n\r\nhello"u8.ToArray(),
        "PUT http://b/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n0\r\n\r\n"u8.ToArray(),
        "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"u8.ToArray(),
    ];

    private static byte[][] Responses =>
    [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray(),
        "HTTP/1.1 304 \r\nETag: \"a\"\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\r\n"u8.ToArray(),
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\n\r\n0\r\n\r\n"u8.ToArray(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"u8.ToArray(),
    ];

    public override void Check(byte[] input, Random random)
    {
        MessageHead whole = new(), pieces = new();
        HeadStatus status = whole.Parse(input, Limits, isRequest, out int consumed);
        HeadStatus cut = HeadStatus.Incomplete;
        int total = 0;
        InPieces(input, random, piece =>
        {
            cut = pieces.Parse(piece.Span, Limits, isRequest, out int taken);
            total += taken;
            Require(taken <= piece.Length, "more was consumed than was given");
            return cut == HeadStatus.Incomplete;
        });
        // An empty line before the start line may be cut between its bytes; only then the two may differ.
        if (input.Length > 0 && input[0] is (byte)'\r' or (byte)'\n')
        {
            return;
        }
        Require(status == cut, $"whole: {status}, in pieces: {cut}");
        if (status != HeadStatus.Complete)
        {
            return;
        }
        Require(consumed == total && consumed <= input.Length, $"whole consumed {consumed}, in pieces {total}");
        Require(!(whole.IsChunked && whole.ContentLength >= 0), "chunked with a length");
        byte[] line = isRequest ? [.. whole.Method, (byte)' ', .. whole.Target, .. " HTTP/1.1\r\n"u8]
            : [.. "HTTP/1.1 "u8, .. Encoding.ASCII.GetBytes($"{whole.Status} "), .. whole.Reason, .. "\r\n"u8];
        byte[] forwarded = new byte[whole.FieldBytesBound + line.Length + 64];
        line.CopyTo(forwarded, 0);
        int n = line.Length + whole.WriteFields(forwarded.AsSpan(line.Length));
        "\r\n"u8.CopyTo(forwarded.AsSpan(n));
        MessageHead again = new();
        HeadStatus second = again.Parse(forwarded.AsSpan(0, n + 2), new HeadLimits(8192, 60), isRequest, out int end);
        Require(second == HeadStatus.Complete && end == n + 2, $"what is forwarded parses as {second} up to {end} of {n + 2}");
        Require(again.ContentLength == whole.ContentLength && again.IsChunked == whole.IsChunked, "what is forwarded has another framing");
        Require(again.Status == whole.Status && again.Method.SequenceEqual(whole.Method), "what is forwarded has another start line");
    }
}
