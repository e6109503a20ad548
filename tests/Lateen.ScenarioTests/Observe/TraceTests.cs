using System.Text.Json.Nodes;
using Lateen.ScenarioTests.Mesh;
using Lateen.ScenarioTests.Policies;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Observe;

/// <summary>The spans that two sidecars send to a Zipkin collector, and what they have in common.</summary>
[Collection<PolicyMesh>]
public sealed class TraceTests(PolicyMesh mesh)
{
    private const string Collector = "observe";

    private const string Providers =
        """
        - name: spans
          zipkin: {service: zipkin.observe.svc.cluster.local, port: 9411}
        """;

    private const string Telemetry =
        """
        apiVersion: telemetry.istio.io/v1alpha1
        kind: Telemetry
        metadata: {name: spans}
        spec:
          tracing:
          - providers: [{name: spans}]
            randomSamplingPercentage: 100
        """;

    [Fact]
    public async Task Spans_OfBothSidecars_AreOneTraceAndTheApplicationSeesItsIds()
    {
        SandboxMesh.SkipUnlessPossible();
        (await mesh.KubectlAsync(["create", "namespace", Collector])).MustSucceed();
        await mesh.ApplyAsync(Collector, SandboxMesh.Sample("observe/collector.yaml"), "collector");

        await mesh.WithProvidersAsync(Providers, () => mesh.WithAsync(Telemetry, async () =>
        {
            // Both sidecars take the change in their own time: until both have, a trace lacks one of its spans.
            string answer = "";
            JsonNode[] spans = await Eventually.BecomesAsync(
                async () =>
                {
                    string path = $"/{Guid.NewGuid():N}";
                    answer = await mesh.AskAsync(mesh.Alice, path: path);
                    return await SpansAsync(path);
                },
                found => found.Length == 2,
                "a request with two spans");

            JsonNode client = spans.Single(s => (string)s["kind"]! == "CLIENT"), server = spans.Single(s => (string)s["kind"]! == "SERVER");
            ((string)client["localEndpoint"]!["serviceName"]!).ShouldBe("alice.shop");
            ((string)server["localEndpoint"]!["serviceName"]!).ShouldBe("echo.shop");
            ((string)server["traceId"]!).ShouldBe((string)client["traceId"]!);
            ((string)server["parentId"]!).ShouldBe((string)client["id"]!);
            client["parentId"].ShouldBeNull();
            ((string)client["name"]!).ShouldBe("echo.shop.svc.cluster.local:80/*");
            ((string)client["tags"]!["http.status_code"]!).ShouldBe("200");
            ((string)server["tags"]!["guid:x-request-id"]!).ShouldBe((string)client["tags"]!["guid:x-request-id"]!);
            answer.ShouldContain($"x-b3-traceid: {(string)client["traceId"]!}", Case.Insensitive);
        }));
    }

    // The spans of the request for a path, as soon as two are there; what there is after a second otherwise.
    private async Task<JsonNode[]> SpansAsync(string path)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(3));
        while (true)
        {
            string all = (await mesh.InPodAsync(PolicyMesh.Plain, mesh.Outsider, $"curl -s --max-time 10 zipkin.{Collector}:9411")).MustSucceed().Output;
            JsonNode[] spans = [.. JsonNode.Parse(all)!.AsArray().Select(s => s!).Where(s => ((string)s["tags"]!["http.url"]!).EndsWith(path, StringComparison.Ordinal))];
            if (spans.Length >= 2 || limit.IsCancellationRequested)
            {
                return spans;
            }

            await Task.Delay(100);
        }
    }
}
