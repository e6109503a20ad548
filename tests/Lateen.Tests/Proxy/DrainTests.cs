using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>A sidecar that goes: no request is cut, and peers are told to come back elsewhere.</summary>
public sealed class DrainTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Http1_WhileDraining_IsAnsweredAndClosed()
    {
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.ReceiveAsync(new byte[4096], SocketFlags.None, stop);
            arrived.TrySetResult();
            await go.Task.WaitAsync(stop);
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Backend.Ok("late")), SocketFlags.None, stop);
        });
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        Task<string> answer = ProxyBed.Exchange(bed.At(), Request, _ => false);
        await arrived.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);

        bed.Server.Drain();
        go.SetResult();

        // Read to the connection's end.
        (await answer).ShouldEndWith("late");
        (await answer).ShouldContain("connection: close\r\n");
        await UntilAsync(() => bed.Server.ActiveConnections == 0);
    }

    [Fact]
    public async Task Http2_WhileDraining_IsAnsweredAndToldToGoAway()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        bed.Server.Drain();

        string frames = await Tool.RunAsync("nghttp", "", "-n", "-v", $"http://{bed.At()}/");

        frames.ShouldContain("recv GOAWAY frame");
        frames.ShouldContain(":status: 200");
        await UntilAsync(() => bed.Server.ActiveConnections == 0);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Connection_OlderThanItsMaximum_GivesWayToANewOneAndLosesNoRequest(string version)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: m => m.CommonHttpProtocolOptions = new() { MaxConnectionDuration = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50)) });
        using HttpClient client = new() { DefaultRequestVersion = Version.Parse(version), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using CancellationTokenSource limit = new(Patience.Limit);

        do
        {
            (await client.GetStringAsync(new Uri($"http://{bed.At()}/"), limit.Token)).ShouldBe("x");
        }
        while (bed.Stat("http.test.downstream_cx_total") < 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Listeners_ThatStop_TakeNoNewConnectionAndKeepThoseTheyHave(bool inboundOnly)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);
        Envoy.Config.Listener.V3.Listener inbound = ProxyBed.HttpListener("in", ProxyBed.Manager("routes"));
        inbound.TrafficDirection = Envoy.Config.Core.V3.TrafficDirection.Inbound;
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")), inbound);
        using Socket held = new(SocketType.Stream, ProtocolType.Tcp);
        await held.ConnectAsync(bed.At("in"), TestContext.Current.CancellationToken);
        await AskAsync(held);
        System.Net.IPEndPoint incoming = bed.At("in"), other = bed.At();

        bed.Server.StopListeners(inboundOnly);

        await AskAsync(held);
        await UntilAsync(() => IsRefused(incoming));
        if (inboundOnly)
        {
            (await ProxyBed.Exchange(other, Request, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
        }
        else
        {
            await UntilAsync(() => IsRefused(other));
        }
    }

    private static async Task AskAsync(Socket socket)
    {
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(Request), TestContext.Current.CancellationToken);
        (await ProxyBed.Receive(socket, t => t.EndsWith("\r\n\r\nx"))).ShouldStartWith("HTTP/1.1 200");
    }

    private static bool IsRefused(System.Net.IPEndPoint at)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(at);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
