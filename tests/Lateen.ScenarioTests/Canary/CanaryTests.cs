using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Canary;

/// <summary>Scenario 6: who sends the header reaches version 2, everybody else version 1.</summary>
public sealed class CanaryTests(CanaryMesh mesh) : IClassFixture<CanaryMesh>
{
    private const int Requests = 200;

    [Fact]
    public async Task Curl_ThroughTwoSidecars_IsAnsweredByEnvoysName()
    {
        CanaryMesh.SkipUnlessPossible();
        string answer = (await mesh.InPodAsync(CanaryMesh.Namespace, mesh.Toolbox, "curl -sI canary")).MustSucceed().Output;
        answer.ShouldStartWith("HTTP/1.1 200 OK");
        answer.ShouldContain("server: envoy");
        answer.ShouldContain("x-envoy-upstream-service-time: ");
    }

    [Theory]
    [InlineData("user: zhongmingmao", "v2", "v1")]
    [InlineData("user: somebody", "v1", "v2")]
    public async Task Requests_ByHeader_AllReachTheVersionOfTheRule(string header, string wanted, string other)
    {
        CanaryMesh.SkipUnlessPossible();
        int wantedBefore = await mesh.AnsweredByAsync(wanted);
        int otherBefore = await mesh.AnsweredByAsync(other);

        IReadOnlyList<string> statuses = await mesh.SendAsync(Requests, header);

        statuses.Count(s => s == "200").ShouldBe(Requests);
        (await mesh.AnsweredByAsync(wanted) - wantedBefore).ShouldBe(Requests);
        (await mesh.AnsweredByAsync(other) - otherBefore).ShouldBe(0);
    }

    [Fact]
    public async Task Apply_TheSameAgain_IsUnchanged()
    {
        CanaryMesh.SkipUnlessPossible();
        string output = (await mesh.KubectlAsync(["apply", "-n", CanaryMesh.Namespace, "-f", CanaryMesh.Sample("canary/istio-specs.yaml")])).MustSucceed().Output;
        output.ShouldBe("virtualservice.networking.istio.io/canary unchanged\ndestinationrule.networking.istio.io/canary unchanged\n");
    }

    [Fact]
    public async Task Application_BehindItsSidecar_SeesRequestsFrom127006()
    {
        CanaryMesh.SkipUnlessPossible();
        await mesh.SendAsync(1, "user: somebody");
        string pod = await mesh.PodAsync(CanaryMesh.Namespace, "app=canary,version=v1");
        string log = (await mesh.KubectlAsync(["logs", "-n", CanaryMesh.Namespace, pod, "-c", "canary"])).MustSucceed().Output;
        log.Split('\n').Last(l => l.Contains("\"GET / HTTP/1.1\"", StringComparison.Ordinal)).ShouldStartWith("127.0.0.6 ");
    }

    [Fact]
    public async Task ProxyStatus_EveryProxy_IsSynced()
    {
        CanaryMesh.SkipUnlessPossible();
        string table = (await mesh.LateenAsync(["proxy-status"])).MustSucceed().Output;
        string[] rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        rows.Length.ShouldBe(3, table);
        rows.ShouldAllBe(row => row.Contains(".canary ", StringComparison.Ordinal) && row.Split("SYNCED", StringSplitOptions.None).Length == 5);
    }

    [Fact]
    public async Task ProxyConfig_OfTheClient_ShowsRouteClusterAndEndpoint()
    {
        CanaryMesh.SkipUnlessPossible();
        string pod = $"{mesh.Toolbox}.{CanaryMesh.Namespace}";
        (await mesh.LateenAsync(["proxy-config", "listener", pod, "--port", "80"])).MustSucceed().Output.ShouldContain("Route: 80");
        (await mesh.LateenAsync(["proxy-config", "route", pod, "--name", "80"])).MustSucceed().Output.ShouldContain("canary.canary.svc.cluster.local:80");
        string clusters = (await mesh.LateenAsync(["proxy-config", "cluster", pod, "--fqdn", "canary.canary.svc.cluster.local"])).MustSucceed().Output;
        clusters.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(l => l.Contains("canary.canary", StringComparison.Ordinal)).ShouldBe(3, clusters);
        string endpoints = (await mesh.LateenAsync(["proxy-config", "endpoint", pod, "--cluster", "outbound|80|v2|canary.canary.svc.cluster.local"])).MustSucceed().Output;
        endpoints.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2, endpoints);
        endpoints.ShouldContain("HEALTHY");
    }
}
