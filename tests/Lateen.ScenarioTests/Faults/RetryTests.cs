using Lateen.ScenarioTests.Canary;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Faults;

/// <summary>Scenario 7, second part: retries against an application that fails a known number of times.</summary>
[Collection<FaultGroup>]
public sealed class RetryTests(CanaryMesh mesh) : IClassFixture<FlakyScenario>
{
    /// <summary>Sidecars believe the router's headers only of a caller that is known to be internal.</summary>
    private const string Internal = "-H 'x-forwarded-for: 10.0.0.1'";

    [Theory]
    [InlineData("fail=2", "200", "try 3 attempt 3")]
    [InlineData("fail=3", "200", "try 4 attempt 4")]
    [InlineData("fail=4", "503", "try 4 attempt 4")]
    [InlineData("slow=1", "200", "try 2 attempt 2")]
    public async Task Retries_AsTheRouteAsks_StopAtTheFirstSuccessOrTheLastTry(string behaviour, string status, string body)
    {
        SandboxMesh.SkipUnlessPossible();
        (await AskAsync(behaviour)).ShouldBe($"{body}\n{status}");
    }

    [Fact]
    public async Task Failure_OfEveryTry_IsLoggedWithItsFlag()
    {
        SandboxMesh.SkipUnlessPossible();
        int before = (await mesh.LogAsync(CanaryMesh.Namespace, mesh.Toolbox, "istio-proxy")).Count;
        (await AskAsync("fail=9")).ShouldEndWith("503");
        IReadOnlyList<string> log = await mesh.LogBeyondAsync(CanaryMesh.Namespace, mesh.Toolbox, "istio-proxy", before, 1);
        log.ShouldContain(line => line.Contains("fail=9 HTTP/1.1\" 503 URX via_upstream ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("x-envoy-max-retries: 1", "fail=2", "try 2 attempt 2\n503")]
    [InlineData("x-envoy-max-retries: 5", "fail=5", "try 6 attempt 6\n200")]
    [InlineData("x-envoy-upstream-rq-timeout-ms: 150", "slow=1", "upstream request timeout504")]
    public async Task RouterHeaders_OfAnInternalCaller_OverrideTheRoute(string header, string behaviour, string answer)
    {
        SandboxMesh.SkipUnlessPossible();
        (await AskAsync(behaviour, $"{Internal} -H '{header}'")).ShouldBe(answer);
    }

    [Fact]
    public async Task RouterHeaders_OfAnybodyElse_AreNotLookedAt()
    {
        SandboxMesh.SkipUnlessPossible();
        (await AskAsync("fail=2", "-H 'x-envoy-max-retries: 1'")).ShouldBe("try 3 attempt 3\n200");
    }

    // Body and status of the answer; each call has a key of its own, so that the application begins to count anew.
    private async Task<string> AskAsync(string behaviour, string options = "") =>
        (await mesh.InPodAsync(
            CanaryMesh.Namespace, mesh.Toolbox, $"curl -s --max-time 20 -w '%{{http_code}}' {options} http://{FlakyScenario.Host}/{Guid.NewGuid():N}?{behaviour}")).MustSucceed().Output;
}
