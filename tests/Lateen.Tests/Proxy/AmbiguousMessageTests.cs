using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>Messages that two readers could understand differently (request smuggling): refused and closed, and no server sees a byte of them.</summary>
public sealed class AmbiguousMessageTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nhello", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\r\nHost: a\r\n\r\n", 400)]
    public async Task Head_ThatIsAmbiguous_IsRefusedAndTheConnectionClosed(string request, int status)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("smuggled"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        // What follows is the smuggled request: it must be answered by nobody.
        string answer = await ProxyBed.Exchange(bed.At(), request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", _ => false);

        answer.ShouldStartWith($"HTTP/1.1 {status} ");
        answer.LastIndexOf("HTTP/1.1 ", StringComparison.Ordinal).ShouldBe(0, "one answer, then the end");
        backend.Connections.ShouldBe(0);
    }

    [Theory]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("-1\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 \r\nhello\r\n0\r\n\r\n")]
    public async Task Chunks_ThatAreBroken_EndTheConnectionAndNothingBehindThemIsServed(string body)
    {
        List<string> seen = [];
        await using Backend backend = Backend.Http(r =>
        {
            lock (seen)
            {
                seen.Add(r);
            }
            return Backend.Ok("x");
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await ProxyBed.Exchange(
            bed.At(), $"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", _ => false);

        answer.ShouldNotContain("HTTP/1.1 200");
        lock (seen)
        {
            seen.ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("hello\r\n\r\n")]
    public async Task Answer_ThatIsAmbiguous_Is502AndItsConnectionIsNotUsedAgain(string answer)
    {
        int calls = 0;
        await using Backend backend = Backend.Http(_ => Interlocked.Increment(ref calls) == 1 ? answer : Backend.Ok("good"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string first = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false);
        string second = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false);

        first.ShouldStartWith("HTTP/1.1 502 ");
        second.ShouldEndWith("good");
        backend.Connections.ShouldBe(2);
    }
}
