using System.Text;
using Lateen.Net.Http1;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Http1;

/// <summary>The head parser: what it takes, what it refuses, and that the cut of the input never matters.</summary>
public sealed class MessageHeadTests
{
    public static TheoryData<string> Ambiguous => new()
    {
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: host\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: a,b,c,d,e,f,g,h,i,j\r\n\r\n",
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public void Parse_AmbiguousRequest_IsRefusedWhereverItIsCut(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            MessageHead head = new();
            HeadStatus status = head.Parse(bytes.AsSpan(0, cut), HeadLimits.Request, isRequest: true, out _);
            if (status == HeadStatus.Incomplete)
            {
                status = head.Parse(bytes.AsSpan(cut), HeadLimits.Request, isRequest: true, out _);
            }
            (status >= HeadStatus.Malformed).ShouldBeTrue($"cut at {cut}: {status}");
        }
    }

    [Fact]
    public void Parse_RequestCutAnywhere_GivesTheSameHeadAndLeavesTheRest()
    {
        const string Text = "\r\nPOST /p?q HTTP/1.1\r\nHost: a\r\nX-One:  1 \r\nContent-Length: 4\r\nConnection: close, X-Drop\r\nX-Drop: 1\r\n\r\nbodyGET";
        byte[] bytes = Encoding.Latin1.GetBytes(Text);
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            MessageHead head = new();
            HeadStatus status = head.Parse(bytes.AsSpan(0, cut), HeadLimits.Request, isRequest: true, out int consumed);
            int total = consumed;
            if (status == HeadStatus.Incomplete)
            {
                consumed.ShouldBe(cut == 1 ? 1 : cut);
                status = head.Parse(bytes.AsSpan(cut), HeadLimits.Request, isRequest: true, out consumed);
                total += consumed;
            }
            if (cut == 1)
            {
                continue; // Half of an empty line before the request: refused, see the ambiguous cases.
            }
            status.ShouldBe(HeadStatus.Complete, $"cut at {cut}");
            Encoding.ASCII.GetString(bytes.AsSpan(total)).ShouldBe("bodyGET");
            Encoding.ASCII.GetString(head.Method).ShouldBe("POST");
            Encoding.ASCII.GetString(head.Target).ShouldBe("/p?q");
            Encoding.ASCII.GetString(head.Get(HttpField.Host)).ShouldBe("a");
            head.TryGet("x-one"u8, out ReadOnlySpan<byte> one).ShouldBeTrue();
            Encoding.ASCII.GetString(one).ShouldBe("1");
            head.ContentLength.ShouldBe(4);
            head.ConnectionClose.ShouldBeTrue();
            head.TryGet("x-drop"u8, out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void WriteFields_AfterEdits_KeepsCaseAndOrderOfWhatStays()
    {
        MessageHead head = new();
        head.Parse("GET / HTTP/1.1\r\nHost: a\r\nX-Gone: 1\r\nX-STAYS: 2\r\nServer: s\r\n\r\n"u8, HeadLimits.Request, true, out _);

        head.Remove("x-gone"u8);
        head.Set(HttpField.Server, "envoy"u8);
        byte[] output = new byte[1024];
        int n = head.WriteFields(output);

        Encoding.ASCII.GetString(output, 0, n).ShouldBe("Host: a\r\nX-STAYS: 2\r\nserver: envoy\r\n");
    }

    [Fact]
    public void Parse_HeadLargerThanTheLimit_IsRefused()
    {
        MessageHead head = new();
        HeadLimits limits = new(200, 100);
        HeadStatus status = HeadStatus.Incomplete;
        byte[] piece = Encoding.ASCII.GetBytes("X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
        head.Parse("GET / HTTP/1.1\r\n"u8, limits, true, out _);
        for (int i = 0; i < 10 && status == HeadStatus.Incomplete; i++)
        {
            status = head.Parse(piece, limits, true, out _);
        }

        status.ShouldBe(HeadStatus.TooLarge);
    }

    [Fact]
    public void Parse_MoreFieldsThanTheLimit_IsRefused()
    {
        string text = "GET / HTTP/1.1\r\n" + string.Concat(Enumerable.Range(0, 5).Select(i => $"a{i}: b\r\n")) + "\r\n";

        new MessageHead().Parse(Encoding.ASCII.GetBytes(text), new HeadLimits(1000, 4), true, out _).ShouldBe(HeadStatus.TooManyFields);
    }

    [Fact]
    public void Parse_Response_GivesStatusAndReason()
    {
        MessageHead head = new();

        head.Parse("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8, HeadLimits.Response, false, out _).ShouldBe(HeadStatus.Complete);

        head.Status.ShouldBe(404);
        Encoding.ASCII.GetString(head.Reason).ShouldBe("Not Found");
    }
}
