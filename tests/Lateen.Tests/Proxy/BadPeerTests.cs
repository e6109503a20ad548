using System.Net.Sockets;
using System.Text;
using Lateen.Net.Http2;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>Peers that break off anywhere, or do not read: nothing is left behind, and what is held does not grow with what is to come.</summary>
public sealed class BadPeerTests
{
    private const string Request = "POST /path HTTP/1.1\r\nHost: a\r\ncontent-length: 5\r\n\r\nhello";

    // More than every buffer of two kernels' sockets and ours on the way.
    private const int Large = 64 * 1024 * 1024;

    private static readonly byte[] Http2Request =
        [.. Http2Session.Preface, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x41, 1, (byte)'a'];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_ResetsAfterEachByteOfARequest_NothingIsLeftAndOthersAreServed(bool isHttp2)
    {
        byte[] request = isHttp2 ? Http2Request : Encoding.ASCII.GetBytes(Request);
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        for (int cut = 0; cut <= request.Length; cut++)
        {
            using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
            await client.SendAsync(request.AsMemory(0, cut), SocketFlags.None, TestContext.Current.CancellationToken);
            Reset(client);
        }

        await bed.StatShouldBecomeAsync("http.test.downstream_cx_total", request.Length + 1);
        await ShouldBeAtRestAsync(bed);
        (await ProxyBed.Exchange(bed.At(), Request, t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Upstream_ResetsAfterEachByteOfAnAnswer_ClientGetsAnErrorOrACutAnswerAndNothingIsLeft()
    {
        byte[] answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"u8.ToArray();
        int head = answer.Length - 5, cut = 0;
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[1000], SocketFlags.None, stop);
            await socket.SendAsync(answer.AsMemory(0, cut), SocketFlags.None, stop);
            Reset(socket);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        for (; cut < answer.Length; cut++)
        {
            string got = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", _ => false);

            // The reset may overtake bytes of the answer, so a cut answer may also be an error, never a whole one.
            got.ShouldSatisfyAllConditions(
                g => g.ShouldNotEndWith("hello"),
                g => (g.StartsWith("HTTP/1.1 503", StringComparison.Ordinal) || (cut >= head && g.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)))
                    .ShouldBeTrue($"after {cut} bytes: {g}"));
        }

        await ShouldBeAtRestAsync(bed);
        bed.Stat("cluster.backend.upstream_cx_active").ShouldBe(0);
        bed.Stat("cluster.backend.upstream_rq_active").ShouldBe(0);
    }

    [Fact]
    public async Task Client_DoesNotRead_UpstreamIsHeldBackAndNothingIsLostAfterwards()
    {
        long sent = 0;
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[1000], SocketFlags.None, stop);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\ncontent-length: {Large}\r\n\r\n"), SocketFlags.None, stop);
            await SendLargeAsync(socket, n => Interlocked.Add(ref sent, n), stop);
            await socket.ReceiveAsync(new byte[1], SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), SocketFlags.None, TestContext.Current.CancellationToken);

        await ShouldStandStillAsync(() => Interlocked.Read(ref sent));
        (await ProxyBed.Exchange(bed.At(), "GET /no HTTP/1.1\r\n\r\n", t => t.Contains("\r\n\r\n"))).ShouldStartWith("HTTP/1.1 400", Case.Sensitive, "others are answered");

        (await ReadBodyAsync(client)).ShouldBe(Large);
    }

    [Fact]
    public async Task Upstream_DoesNotRead_ClientIsHeldBackAndNothingIsLostAfterwards()
    {
        using SemaphoreSlim goOn = new(0);
        long received = 0;
        await using Backend backend = new(async (socket, stop) =>
        {
            await goOn.WaitAsync(stop);
            received = await ReadBodyAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Backend.Ok("end")), SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        using Socket client = new(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await client.SendAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\ncontent-length: {Large}\r\n\r\n"), SocketFlags.None, TestContext.Current.CancellationToken);
        long sent = 0;
        Task sending = SendLargeAsync(client, n => Interlocked.Add(ref sent, n), TestContext.Current.CancellationToken);

        await ShouldStandStillAsync(() => Interlocked.Read(ref sent));
        goOn.Release();

        await sending;
        (await ProxyBed.Receive(client, t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
        received.ShouldBe(Large);
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    private static async Task SendLargeAsync(Socket socket, Action<int> sent, CancellationToken stop)
    {
        byte[] piece = new byte[64 * 1024];
        for (int left = Large; left > 0;)
        {
            int n = await socket.SendAsync(piece.AsMemory(0, Math.Min(piece.Length, left)), SocketFlags.None, stop);
            left -= n;
            sent(n);
        }
    }

    // The length of the body that comes behind a head, which is to be Large.
    private static async Task<long> ReadBodyAsync(Socket socket)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        byte[] buffer = new byte[256 * 1024];
        int length = 0, head = 0;
        while (head <= 3)
        {
            length += await socket.ReceiveAsync(buffer.AsMemory(length, 1000), SocketFlags.None, limit.Token);
            head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) + 4;
        }
        long body = length - head;
        while (body < Large)
        {
            int n = await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
            if (n == 0)
            {
                break;
            }
            body += n;
        }
        return body;
    }

    // Buffers on the way fill, then nothing moves any more: long before all is sent.
    private static async Task ShouldStandStillAsync(Func<long> moved)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        long last = -1;
        for (int still = 0; still < 10;)
        {
            limit.IsCancellationRequested.ShouldBeFalse("it did not come to rest in time");
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            long now = moved();
            still = now > 0 && now == last ? still + 1 : 0;
            last = now;
        }
        last.ShouldBeLessThan(Large / 2, "bytes that were taken although nobody reads them");
    }

    private static async Task ShouldBeAtRestAsync(ProxyBed bed)
    {
        await bed.StatShouldBecomeAsync("http.test.downstream_cx_active", 0);
        await bed.StatShouldBecomeAsync("http.test.downstream_rq_active", 0);
        using CancellationTokenSource limit = new(Patience.Limit);
        while (bed.Server.ActiveConnections != 0)
        {
            limit.IsCancellationRequested.ShouldBeFalse($"{bed.Server.ActiveConnections} connections are left");
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }
}
