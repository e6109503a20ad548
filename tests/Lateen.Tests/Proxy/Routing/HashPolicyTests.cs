using Envoy.Config.Cluster.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Routing;

/// <summary>Requests with the same key stay with one of four hosts.</summary>
public sealed class HashPolicyTests : IAsyncLifetime
{
    private readonly Backend[] _backends = [.. Enumerable.Range(0, 4).Select(i => Backend.Http(_ => Backend.Ok($"host {i}")))];
    private readonly ProxyBed _bed = new();

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        await _bed.DisposeAsync();
        foreach (Backend backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(Cluster.Types.LbPolicy.RingHash)]
    [InlineData(Cluster.Types.LbPolicy.Maglev)]
    public async Task Header_OfOneValue_StaysWithOneHost(Cluster.Types.LbPolicy policy)
    {
        Serve(policy, new RouteAction.Types.HashPolicy { Header = new() { HeaderName = "X-User" } });

        HashSet<string> first = [], all = [];
        for (int i = 0; i < 12; i++)
        {
            first.Add(Body(await Ask("X-User: one")));
            all.Add(Body(await Ask($"X-User: {i}")));
        }

        first.Count.ShouldBe(1);
        all.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Cookie_Missing_IsGeneratedAndLeadsBack()
    {
        Serve(Cluster.Types.LbPolicy.RingHash, new RouteAction.Types.HashPolicy
        {
            Cookie = new() { Name = "session", Path = "/p", Ttl = Duration.FromTimeSpan(TimeSpan.FromSeconds(60)) },
        });

        string answer = await Ask("X: y");

        string line = answer.Split("\r\n").Single(l => l.StartsWith("set-cookie:", StringComparison.Ordinal));
        line.ShouldMatch("^set-cookie: session=\"[0-9a-f]{16}\"; Max-Age=60; Path=/p; HttpOnly$");
        string cookie = line["set-cookie: ".Length..line.IndexOf(';', StringComparison.Ordinal)];
        for (int i = 0; i < 5; i++)
        {
            string again = await Ask($"Cookie: a=b; {cookie}");
            Body(again).ShouldBe(Body(answer));
            again.ShouldNotContain("set-cookie");
        }
    }

    [Fact]
    public async Task Terminal_Policy_KeepsLaterOnesOut()
    {
        Serve(
            Cluster.Types.LbPolicy.RingHash,
            new RouteAction.Types.HashPolicy { QueryParameter = new() { Name = "user" }, Terminal = true },
            new RouteAction.Types.HashPolicy { Header = new() { HeaderName = "noise" } });

        HashSet<string> bodies = [];
        for (int i = 0; i < 10; i++)
        {
            bodies.Add(Body(await Ask($"noise: {i}", "/?a=1&user=7")));
        }

        bodies.Count.ShouldBe(1);
    }

    private void Serve(Cluster.Types.LbPolicy policy, params RouteAction.Types.HashPolicy[] policies)
    {
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.LbPolicy = policy;
        Route route = ProxyBed.To("backend");
        route.Route_.HashPolicy.AddRange(policies);
        _bed.Apply(TypeUrls.Cluster, cluster);
        _bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", [.. _backends.Select(b => b.At)]));
        _bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        _bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", route));
    }

    private Task<string> Ask(string header, string path = "/") =>
        ProxyBed.Exchange(_bed.At(), $"GET {path} HTTP/1.1\r\nHost: a\r\n{header}\r\nConnection: close\r\n\r\n", _ => false);

    private static string Body(string answer) => answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
}
