using System.Globalization;
using Lateen.ScenarioTests.Canary;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Faults;

/// <summary>Scenario 7, first part: aborts and delays by share and by header, injected by the caller's sidecar.</summary>
[Collection<FaultGroup>]
public sealed class FaultTests(CanaryMesh mesh)
{
    private const int Requests = 500;
    private const string User = "user: zhongmingmao";
    private const string Other = "user: somebody";

    private const string Delay =
        """
        apiVersion: networking.istio.io/v1beta1
        kind: VirtualService
        metadata: {name: canary}
        spec:
          hosts: [canary]
          http:
          - match: [{headers: {user: {exact: zhongmingmao}}}]
            fault: {delay: {fixedDelay: 700ms, percentage: {value: 100}}}
            headers: {response: {set: {x-rule: all}}}
            route: [{destination: {host: canary, subset: v2}}]
          - fault: {delay: {fixedDelay: 10ms, percentage: {value: 30}}}
            headers: {response: {set: {x-rule: some}}}
            route: [{destination: {host: canary, subset: v1}}]
        """;

    [Fact]
    public async Task Abort_OfFourInFive_HitsThatShareWithoutTheHeaderAndNobodyWithIt()
    {
        CanaryMesh.SkipUnlessPossible();
        string applied = (await mesh.KubectlAsync(["apply", "-n", CanaryMesh.Namespace, "-f", CanaryMesh.Sample("fault/istio-specs.yaml")])).MustSucceed().Output;
        applied.ShouldBe("virtualservice.networking.istio.io/canary configured\ndestinationrule.networking.istio.io/canary unchanged\n");
        string aborted = await Eventually.BecomesAsync(() => AnswerAsync(Other), a => a.StartsWith("HTTP/1.1 500", StringComparison.Ordinal), "a request that is aborted");
        aborted.ShouldEndWith("\r\n\r\nfault filter abort");

        await Draws.ShouldFitAsync(async () => (await StatusesAsync(Other, Requests)).Count(s => s == "500"), Requests, 0.8);

        int version2 = await mesh.AnsweredByAsync("v2");
        (await StatusesAsync(User, Requests)).ShouldAllBe(status => status == "200");
        (await mesh.AnsweredByAsync("v2") - version2).ShouldBe(Requests);
    }

    [Fact]
    public async Task Delay_ByHeaderAndShare_HoldsBackThoseRequestsOnly()
    {
        CanaryMesh.SkipUnlessPossible();
        (await mesh.KubectlAsync(["apply", "-n", CanaryMesh.Namespace, "-f", "-"], Delay)).MustSucceed();
        await Eventually.BecomesAsync(() => AnswerAsync(Other), a => a.Contains("x-rule: some", StringComparison.Ordinal), "the rule that delays");

        string taken = (await InToolboxAsync($"curl -s -o /dev/null -w '%{{http_code}} %{{time_total}}' -H '{User}' canary")).Trim();
        taken.ShouldStartWith("200 ");
        double.Parse(taken[4..], CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(0.7);

        await Draws.ShouldFitAsync(() => DelayedAsync(200), 200, 0.3);
    }

    /// <summary>How many of some requests were delayed, by the flag in the log of the caller's sidecar.</summary>
    private async Task<int> DelayedAsync(int count)
    {
        int before = (await mesh.LogAsync(CanaryMesh.Namespace, mesh.Toolbox, "istio-proxy")).Count;
        (await StatusesAsync(Other, count)).ShouldAllBe(status => status == "200");
        IReadOnlyList<string> log = await mesh.LogBeyondAsync(CanaryMesh.Namespace, mesh.Toolbox, "istio-proxy", before, count);
        return log.Count(line => line.Contains("\" 200 DI via_upstream ", StringComparison.Ordinal));
    }

    private async Task<string[]> StatusesAsync(string header, int count) =>
        (await InToolboxAsync($"curl -s -o /dev/null --max-time 60 -w '%{{http_code}}\\n' -H '{header}' 'http://canary/#[1-{count}]'"))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Task<string> AnswerAsync(string header) => InToolboxAsync($"curl -si --max-time 10 -H '{header}' canary");

    private async Task<string> InToolboxAsync(string shell) => (await mesh.InPodAsync(CanaryMesh.Namespace, mesh.Toolbox, shell)).MustSucceed().Output;
}
