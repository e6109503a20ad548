using Lateen.ScenarioTests.Canary;
using Lateen.ScenarioTests.Mesh;
using Shouldly;
using Xunit;

namespace Lateen.ScenarioTests.BadConfig;

/// <summary>A mistake in one object is told by object and field path, and everything else goes on working.</summary>
public sealed class BadConfigTests(CanaryMesh mesh) : IClassFixture<CanaryMesh>
{
    [Fact]
    public async Task Apply_UnknownField_IsRefusedWithTheFieldPath()
    {
        CanaryMesh.SkipUnlessPossible();
        ProcessOutcome outcome = await ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: typo, namespace: canary}
            spec:
              hosts: [canary]
              http:
              - rout:
                - destination: {host: canary}
            """);
        outcome.ExitCode.ShouldNotBe(0);
        outcome.Error.ShouldContain("VirtualService canary/typo is not valid");
        outcome.Error.ShouldContain("spec.http[0].rout");
        await StillWorksAsync();
    }

    [Fact]
    public async Task Apply_MalformedYaml_IsRefusedByLine()
    {
        CanaryMesh.SkipUnlessPossible();
        ProcessOutcome outcome = await ApplyAsync("apiVersion: networking.istio.io/v1beta1\nkind: VirtualService\nmetadata: {name: broken\n");
        outcome.ExitCode.ShouldNotBe(0);
        outcome.Error.ShouldContain("line");
        await StillWorksAsync();
    }

    [Fact]
    public async Task Apply_UnknownHost_WarnsWithObjectAndFieldPath()
    {
        CanaryMesh.SkipUnlessPossible();
        ProcessOutcome outcome = (await ApplyAsync(
            """
            apiVersion: networking.istio.io/v1beta1
            kind: VirtualService
            metadata: {name: nowhere, namespace: canary}
            spec:
              hosts: [nowhere.example.com]
              http:
              - route:
                - destination: {host: nowhere}
            """)).MustSucceed();
        outcome.Error.ShouldContain("nowhere");
        outcome.Error.ShouldContain("spec.http[0].route[0].destination.host");
        await StillWorksAsync();
        (await mesh.KubectlAsync(["delete", "virtualservice", "-n", "canary", "nowhere"])).MustSucceed();
    }

    [Fact]
    public async Task DestinationRule_WithoutTheSubsetOfTheRoute_WarnsAndTheOtherRouteWorks()
    {
        CanaryMesh.SkipUnlessPossible();
        ProcessOutcome outcome = (await ApplyAsync(
            """
            apiVersion: networking.istio.io/v1alpha3
            kind: DestinationRule
            metadata: {name: canary, namespace: canary}
            spec:
              host: canary
              subsets:
              - name: v1
                labels: {version: v1}
            """)).MustSucceed();
        try
        {
            outcome.Error.ShouldContain("v2");
            outcome.Error.ShouldContain("VirtualService canary/canary");
            await StillWorksAsync();
        }
        finally
        {
            (await mesh.KubectlAsync(["apply", "-n", "canary", "-f", CanaryMesh.Sample("canary/istio-specs.yaml")])).MustSucceed();
        }
    }

    private Task<ProcessOutcome> ApplyAsync(string manifest) => mesh.KubectlAsync(["apply", "-f", "-"], manifest);

    private async Task StillWorksAsync() => (await mesh.SendAsync(5, "user: somebody")).ShouldAllBe(status => status == "200");
}
