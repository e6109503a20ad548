using System.Globalization;
using Lateen.ScenarioTests.Mesh;
using Lateen.ScenarioTests.Policies;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Observe;

/// <summary>What both sidecars of a call count, as Prometheus scrapes it from port 15020.</summary>
[Collection<PolicyMesh>]
public sealed class MetricsTests(PolicyMesh mesh)
{
    private const int Requests = 7;

    private static readonly string[] Shared =
    [
        """source_workload="alice",""", """source_workload_namespace="shop",""", """source_principal="spiffe://cluster.local/ns/shop/sa/alice",""",
        """source_app="alice",""", """source_version="v2",""", """source_canonical_service="alice",""", """source_canonical_revision="v2",""",
        """destination_workload="echo",""", """destination_workload_namespace="shop",""", """destination_principal="spiffe://cluster.local/ns/shop/sa/echo",""",
        """destination_app="echo",""", """destination_version="v1",""", """destination_service="echo.shop.svc.cluster.local",""",
        """destination_service_name="echo",""", """destination_service_namespace="shop",""", """request_protocol="http",""", """response_code="200",""",
        """response_flags="-",""",
    ];

    [Fact]
    public async Task Requests_BetweenSidecars_AreCountedAtBothEndsByWhoCalledWhom()
    {
        SandboxMesh.SkipUnlessPossible();
        string[] source = [.. Shared, """reporter="source",""", """connection_security_policy="unknown","""];
        string[] destination = [.. Shared, """reporter="destination",""", """connection_security_policy="mutual_tls","""];
        long before = await CountAsync(mesh.Alice, source), there = await CountAsync(mesh.Echo, destination);

        for (int i = 0; i < Requests; i++)
        {
            (await mesh.AskAsync(mesh.Alice)).ShouldEndWith("\n200");
        }

        (await Eventually.BecomesAsync(() => CountAsync(mesh.Alice, source), n => n >= before + Requests, "the caller's count")).ShouldBe(before + Requests);
        (await Eventually.BecomesAsync(() => CountAsync(mesh.Echo, destination), n => n >= there + Requests, "the server's count")).ShouldBe(there + Requests);
    }

    [Fact]
    public async Task Request_FromOutsideTheMesh_IsCountedWithoutASource()
    {
        SandboxMesh.SkipUnlessPossible();
        string[] labels =
        [
            """reporter="destination",""", """source_workload="unknown",""", """source_principal="unknown",""", """destination_workload="echo",""",
            """connection_security_policy="none",""", """response_code="200",""",
        ];
        long before = await CountAsync(mesh.Echo, labels);
        (await mesh.AskFromOutsideAsync()).ShouldEndWith("\n200");
        await Eventually.BecomesAsync(() => CountAsync(mesh.Echo, labels), n => n == before + 1, "the server's count");
    }

    // The sum of the series that carry all of the labels.
    private async Task<long> CountAsync(string pod, string[] labels)
    {
        string page = (await mesh.InNetworkOfAsync(PolicyMesh.Namespace, pod, "curl", "-s", "--max-time", "10", "127.0.0.1:15020/stats/prometheus")).MustSucceed().Output;
        return page.Split('\n').Where(line => line.StartsWith("istio_requests_total{", StringComparison.Ordinal))
            .Where(line => labels.All(label => line.Replace('}', ',').Contains(label, StringComparison.Ordinal)))
            .Sum(line => long.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }
}
