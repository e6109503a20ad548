using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.Policies;

/// <summary>Names that exist only as ServiceEntries, in a pod whose DNS the sidecar answers (ISTIO_META_DNS_CAPTURE).</summary>
[Collection<PolicyMesh>]
public sealed class DnsCaptureTests(PolicyMesh mesh)
{
    private const string Host = "stock.example.test";

    [Fact]
    public async Task ServiceEntry_ItsHost_ResolvesWhereDnsIsCapturedAndLeadsToItsEndpoint()
    {
        SandboxMesh.SkipUnlessPossible();
        string address = (await mesh.KubectlAsync(["get", "pod", "-n", PolicyMesh.Namespace, mesh.Echo, "-o", "jsonpath={.status.podIP}"])).MustSucceed().Output;
        string entry =
            $$"""
            apiVersion: networking.istio.io/v1beta1
            kind: ServiceEntry
            metadata: {name: stock}
            spec:
              hosts: [{{Host}}]
              location: MESH_EXTERNAL
              resolution: STATIC
              ports: [{number: 80, name: http, protocol: HTTP}]
              endpoints: [{address: {{address}}, ports: {http: 8000} }]
            """;
        await mesh.WithAsync(entry, async () =>
        {
            string resolved = await Eventually.BecomesAsync(() => ResolveAsync(mesh.Bob, Host), a => a.Length > 0, $"an address of {Host}");
            resolved.ShouldStartWith("240.240.");

            string answer = (await mesh.InPodAsync(PolicyMesh.Namespace, mesh.Bob, $"curl -s --max-time 10 http://{Host}/goods")).MustSucceed().Output;
            answer.ShouldStartWith("GET /goods");
            answer.ShouldContain($"host: {Host}", Case.Insensitive);

            (await ResolveAsync(mesh.Alice, Host)).ShouldBeEmpty("the cluster's DNS knows nothing of it");
            (await ResolveAsync(mesh.Bob, "echo")).ShouldNotBeEmpty("services resolve as before");
        });
        await Eventually.BecomesAsync(() => ResolveAsync(mesh.Bob, Host), a => a.Length == 0, $"{Host} being forgotten");
    }

    private async Task<string> ResolveAsync(string pod, string host) =>
        (await mesh.InPodAsync(PolicyMesh.Namespace, pod, $"getent ahostsv4 {host} || true")).MustSucceed().Output;
}
