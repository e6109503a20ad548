using System.Net;
using System.Net.Sockets;
using System.Text;
using Lateen.Agent.Status;
using Lateen.Proxy.Local;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class AppProbeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void ReadAll_InjectedForm_GivesEachProbe()
    {
        var probes = AppProbe.ReadAll(
            """{"/app-health/web/readyz":{"httpGet":{"path":"ready","port":8080,"scheme":"HTTP","httpHeaders":[{"name":"X","value":"y"}]},"timeoutSeconds":3},"/app-health/web/livez":{"tcpSocket":{"port":9}}}""");
        probes["/app-health/web/readyz"].Path.ShouldBe("/ready");
        probes["/app-health/web/readyz"].Timeout.ShouldBe(TimeSpan.FromSeconds(3));
        probes["/app-health/web/readyz"].Headers.ShouldBe([new("X", "y")]);
        probes["/app-health/web/livez"].Kind.ShouldBe("tcpSocket");
    }

    [Theory]
    [InlineData("""{"/app-health/a/readyz":{"GRPC":{"port":1,"service":null}}}""", null)]
    [InlineData("""{"/app-health/a/other":{"tcpSocket":{"port":1}}}""", "found /app-health/a/other")]
    [InlineData("""{"/app-health/a/readyz":{"timeoutSeconds":1}}""", "must be one of type httpGet, tcpSocket or gRPC")]
    [InlineData("""{"/app-health/a/readyz":{"tcpSocket":{"port":1},"httpGet":{"port":2}}}""", "must be one of type httpGet, tcpSocket or gRPC")]
    [InlineData("""{"/app-health/a/readyz":{"tcpSocket":{"port":"http"}}}""", "must be int type")]
    [InlineData("""{"/app-health/a/readyz":{"tcpSocket":{}}}""", "must be int type")]
    public void ReadAll_WhatNoKubeletSends_IsRefused(string text, string? problem)
    {
        if (problem is null)
        {
            AppProbe.ReadAll(text).ShouldHaveSingleItem();
        }
        else
        {
            Should.Throw<FormatException>(() => AppProbe.ReadAll(text)).Message.ShouldContain(problem);
        }
    }

    [Fact]
    public void Get_HeadersOfTheProbe_TakeThePlaceOfTheKubelets()
    {
        using var probes = new AppProbes(AppProbe.ReadAll(""), "127.0.0.1");
        var probe = new AppProbe("httpGet", "http", "/", 80, "", [new("X-Own", "1"), new("x-own", "2")], TimeSpan.FromSeconds(1));
        using var get = probes.Get(probe, Request("/app-health/a/readyz") with { Headers = [new("x-own", "0"), new("x-other", "3")] });
        get.Headers.GetValues("X-Own").ShouldBe(["1", "2"]);
        get.Headers.GetValues("X-Other").ShouldBe(["3"]);
        get.Headers.ConnectionClose.ShouldBe(true);
    }

    [Fact]
    public async Task Probe_UnknownPath_Is400WithIstiosText()
    {
        using var probes = new AppProbes(AppProbe.ReadAll(""), "127.0.0.1");
        var response = await probes.ProbeAsync(Request("/app-health/x/readyz"), Cancellation);
        response.Status.ShouldBe(400);
        Encoding.UTF8.GetString(response.Body.Span).ShouldBe("app prober config does not exists for /app-health/x/readyz");
    }

    [Fact]
    public async Task Probe_TcpSocket_Is200WhenSomebodyListensElse500()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var probes = new AppProbes(AppProbe.ReadAll($$"""{"/app-health/a/livez":{"tcpSocket":{"port":{{port}} } } }"""), "127.0.0.1");
        (await probes.ProbeAsync(Request("/app-health/a/livez"), Cancellation)).Status.ShouldBe(200);
        listener.Stop();
        (await probes.ProbeAsync(Request("/app-health/a/livez"), Cancellation)).Status.ShouldBe(500);
    }

    private static LocalRequest Request(string target) => new("GET", target, [], default, new IPEndPoint(IPAddress.Loopback, 1));
}
