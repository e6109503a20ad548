using System.Globalization;
using Lateen.ScenarioTests.Canary;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.MutualTls;

/// <summary>Pods with sidecars speak mutual TLS by default; under STRICT nobody else is answered.</summary>
public sealed class MutualTlsTests(CanaryMesh mesh) : IClassFixture<CanaryMesh>
{
    private const string Plain = "plain";

    private const string Strict =
        """
        apiVersion: security.istio.io/v1beta1
        kind: PeerAuthentication
        metadata: {name: default}
        spec: {mtls: {mode: STRICT}}
        """;

    [Fact]
    public async Task Requests_BetweenSidecars_CrossMutualTlsAndStrictKeepsOthersOut()
    {
        CanaryMesh.SkipUnlessPossible();
        (await mesh.SendAsync(3, "user: somebody")).ShouldAllBe(s => s == "200");
        (await StatAsync("ssl.handshake")).ShouldBeGreaterThan(0, "auto mTLS: the client's sidecar shook hands");
        (await StatAsync("ssl.connection_error")).ShouldBe(0);

        (await mesh.KubectlAsync(["create", "namespace", Plain])).MustSucceed();
        await mesh.ApplyAsync(Plain, SandboxMesh.Sample("canary/toolbox.yaml"), "toolbox");
        string outsider = await mesh.PodAsync(Plain, "app=toolbox");
        (await CodeAsync(outsider)).ShouldBe("200", "PERMISSIVE takes plain requests");

        (await mesh.KubectlAsync(["apply", "-n", CanaryMesh.Namespace, "-f", "-"], Strict)).MustSucceed();
        await Eventually.BecomesAsync(() => CodeAsync(outsider), code => code == "000", "a plain request that is not answered");
        (await mesh.SendAsync(3, "user: somebody")).ShouldAllBe(s => s == "200");
    }

    private async Task<string> CodeAsync(string outsider)
    {
        string shell = $"curl -s -o /dev/null --max-time 5 -w '%{{http_code}}' canary.{CanaryMesh.Namespace} || true";
        return (await mesh.InPodAsync(Plain, outsider, shell)).MustSucceed().Output.Trim();
    }

    private async Task<long> StatAsync(string name)
    {
        string stats = (await mesh.InPodAsync(CanaryMesh.Namespace, mesh.Toolbox, "curl -s 127.0.0.1:15000/stats")).MustSucceed().Output;
        return stats.Split('\n').Where(l => l.StartsWith("cluster.outbound", StringComparison.Ordinal) && l.Contains($".{name}:", StringComparison.Ordinal))
            .Sum(l => long.Parse(l.AsSpan(l.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));
    }
}
