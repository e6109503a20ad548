using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>Scenario 4: from this machine through the ingress gateway.</summary>
[Collection(WalkthroughGroup.Name)]
public sealed class IngressTests(WalkthroughMesh mesh)
{
    private const string Namespace = "simple";
    private const string Host = "host: simple.zhongmingmao.io";

    [Fact]
    public async Task Gateway_WithItsVirtualServices_AnswersWhatTheySay()
    {
        SandboxMesh.SkipUnlessPossible();
        await mesh.PrepareAsync(Namespace, ["ingress/simple.yaml"], "simple");
        (await mesh.KubectlAsync(["rollout", "status", "-n", "istio-system", "--timeout=50s", "deployment/istio-ingressgateway"])).MustSucceed();
        string address = (await mesh.KubectlAsync(
            ["get", "service", "-n", "istio-system", "istio-ingressgateway", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"])).MustSucceed().Output;
        address.ShouldNotBeEmpty();
        await mesh.ApplyAsync(Namespace, SandboxMesh.Sample("ingress/istio-specs-1.yaml"));

        string unknown = await UntilAsync(address, "x: y", "/", "HTTP/1.1 404");
        unknown.ShouldContain("server: istio-envoy");
        string known = await UntilAsync(address, Host, "/", "HTTP/1.1 200");
        known.ShouldContain("server: istio-envoy");
        known.ShouldContain("x-envoy-upstream-service-time: ");

        string trace = (await mesh.LateenAsync(["trace", "deploy/istio-ingressgateway", "-n", "istio-system", "http://simple.zhongmingmao.io/"])).MustSucceed().Output;
        trace.ShouldContain("outbound|80||simple.simple.svc.cluster.local");
        trace.ShouldContain("The request reaches the application at ");

        string applied = (await mesh.KubectlAsync(["apply", "-n", Namespace, "-f", SandboxMesh.Sample("ingress/istio-specs-2.yaml")])).MustSucceed().Output;
        applied.ShouldContain("virtualservice.networking.istio.io/simple configured");
        applied.ShouldContain("gateway.networking.istio.io/simple unchanged");
        await UntilAsync(address, Host, "/", "HTTP/1.1 404");
        await UntilAsync(address, Host, "/nginx", "HTTP/1.1 200");
    }

    // The answer's head, as soon as its status is the wanted one: a change takes some milliseconds to reach the gateway.
    private static async Task<string> UntilAsync(string address, string header, string path, string wanted)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
        while (true)
        {
            ProcessOutcome answer = await ProcessRun.RunAsync("curl", ["-sI", "--max-time", "5", "-H", header, $"http://{address}{path}"]);
            if (answer.Output.StartsWith(wanted, StringComparison.Ordinal))
            {
                return answer.Output;
            }

            limit.IsCancellationRequested.ShouldBeFalse($"{path} was answered {answer.Output} (exit code {answer.ExitCode}), not {wanted}");
            await Task.Delay(20);
        }
    }
}
