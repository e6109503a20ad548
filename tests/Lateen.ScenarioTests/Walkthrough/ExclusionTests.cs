using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>Scenario 2: calls that annotations exclude never touch the sidecar.</summary>
[Collection<WalkthroughMesh>]
public sealed class ExclusionTests(WalkthroughMesh mesh)
{
    private const string Namespace = "exclusion";
    private const string ByPort = "-A ISTIO_OUTPUT -p tcp -m tcp --dport 8080 -j RETURN";
    private const string ByRange = "-A ISTIO_OUTPUT -d 172.16.2.0/24 -j RETURN";

    [Fact]
    public async Task Calls_ToExcludedPortAndRange_PassTheSidecarBy()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.PrepareAsync(Namespace, ["exclusion/nginx.yaml", "exclusion/toolbox.yaml"], "nginx", "toolbox");
        string pod = await mesh.PodAsync(Namespace, "app=toolbox");

        // The two rules more stand where the reference puts them: ports first, ranges before what captures the rest.
        List<string> expected = [.. KnownRules.DefaultPod];
        expected.Insert(expected.IndexOf("-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN"), ByPort);
        expected.Insert(expected.IndexOf("-A ISTIO_OUTPUT -j ISTIO_REDIRECT"), ByRange);
        (await mesh.RulesAsync(Namespace, pod)).Select(r => r.Rule).ShouldBe(expected);

        // The node answers for one address of the range and listens nowhere: refused by it, and not answered 503 by a sidecar.
        (await ProcessRun.RunAsync("ip", ["-n", $"{mesh.Name}-node", "addr", "add", "172.16.2.1/32", "dev", "lo"])).MustSucceed();
        var before = await CountersAsync(pod);
        int logged = (await mesh.LogAsync(Namespace, pod, "istio-proxy")).Count;

        (await CurlAsync(pod, "nginx:8080")).Output.ShouldStartWith("HTTP/1.1 200 OK");
        (await CurlAsync(pod, "172.16.2.1")).ExitCode.ShouldBe(7);

        var after = await CountersAsync(pod);
        (after.Port - before.Port).ShouldBe(1);
        (after.Range - before.Range).ShouldBe(1);
        after.Captured.ShouldBe(before.Captured);
        (await mesh.LogAsync(Namespace, pod, "istio-proxy")).Count.ShouldBe(logged);

        (await CurlAsync(pod, "nginx")).Output.ShouldContain("server: envoy");
        (await CountersAsync(pod)).Captured.ShouldBe(after.Captured + 1);

        string trace = (await mesh.LateenAsync(["trace", pod, "-n", Namespace, "http://nginx:8080/"])).MustSucceed().Output;
        trace.ShouldContain("--dport 8080 -j RETURN");
        trace.ShouldContain("is an address of service exclusion/nginx");
        trace.ShouldNotContain("sidecar, outbound");
    }

    private async Task<ProcessOutcome> CurlAsync(string pod, string url) => await mesh.InPodAsync(Namespace, pod, $"curl -sI --max-time 10 {url}");

    private async Task<(long Port, long Range, long Captured)> CountersAsync(string pod)
    {
        var rules = await mesh.RulesAsync(Namespace, pod);
        long Of(string rule) => rules.Single(r => r.Rule == rule).Packets;
        return (Of(ByPort), Of(ByRange), Of("-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001"));
    }
}
