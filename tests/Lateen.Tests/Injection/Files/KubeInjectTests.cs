using Lateen.Injection;
using Lateen.Injection.Config;
using Lateen.Injection.Files;
using Lateen.Injection.Yaml;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Files;

public sealed class KubeInjectTests
{
    private const string Service = "# front\nkind: Service\napiVersion: v1\nmetadata: {name: s}   # as written\n";
    private const string Deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: n}\nspec:\n  template:\n    spec:\n      containers: [{name: c, image: i}]\n";
    private readonly List<string> _warnings = [];

    [Fact]
    public async Task Run_SeveralDocuments_KeepsOrderAndCopiesOtherKinds()
    {
        var output = await RunAsync(Service + "---\n" + Deployment + "---\n# nothing\n---\n");

        output.ShouldStartWith(Service + "---\n");
        output.ShouldEndWith("---\n");
        output.Split("\n---\n").Length.ShouldBe(3);
        var deployment = YamlReader.ReadAll(output)[1]!;
        deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Count.ShouldBe(2);
        deployment["spec"]!["template"]!["spec"]!["containers"]![1]!["env"]!.ToJsonString().ShouldContain("kubernetes://apis/apps/v1/namespaces/n/deployments/d");
    }

    [Fact]
    public async Task Run_HostNetworkAndDisabled_AreLeftAndTold()
    {
        await RunAsync(Deployment.Replace("containers:", "hostNetwork: true\n      containers:")
            + "---\n" + Deployment.Replace("    spec:\n", "    metadata: {labels: {sidecar.istio.io/inject: 'false'}}\n    spec:\n"));

        _warnings.ShouldBe([
            "===> Skipping injection because Deployment \"n/d\" has host networking enabled",
            "===> Skipping injection because Deployment \"n/d\" has sidecar injection disabled",
        ]);
    }

    [Theory]
    [InlineData("kind: Deployment\nmetadata: {name: d}\nspec: {}", "Deployment \"/d\": spec.template is required value")]
    [InlineData("kind: Pod\nmetadata: {name: p}\nspec: {containers: 1}", "Pod \"/p\": spec.containers: a list is wanted, and 1 is given")]
    [InlineData("kind: [", "cannot read a document: YAML line")]
    public async Task Run_WrongDocument_NamesIt(string manifest, string told) =>
        (await Should.ThrowAsync<InjectionException>(() => RunAsync(manifest))).Message.ShouldStartWith(told);

    [Fact]
    public async Task Run_WithoutFile_SaysWhichFlag() => (await Should.ThrowAsync<InjectionException>(
        () => KubeInject.RunAsync(new KubeInjectOptions(), new Sources(""), _ => { }, CancellationToken.None))).Message
        .ShouldBe("filename not specified (see --filename or -f)");

    [Fact]
    public async Task Run_WithoutMeshSource_SaysWhichFlags() => (await Should.ThrowAsync<InjectionException>(
        () => KubeInject.RunAsync(new KubeInjectOptions { FileName = "f", MeshConfigMapName = "" }, new Sources(""), _ => { }, CancellationToken.None))).Message
        .ShouldBe("--meshConfigFile or --meshConfigMapName or --operatorFileName must be set");

    private Task<string> RunAsync(string manifests) => KubeInject.RunAsync(
        new KubeInjectOptions { FileName = "-" }, new Sources(manifests), _warnings.Add, CancellationToken.None);

    private sealed class Sources(string manifests) : IKubeInjectSources
    {
        public Task<string> ReadFileAsync(string path, CancellationToken cancellation) => Task.FromResult(manifests);

        public Task<string> ReadConfigMapAsync(string name, string key, CancellationToken cancellation) => Task.FromResult(key switch
        {
            "config" => ShippedManifests.InjectorTexts.Config,
            "values" => ShippedManifests.InjectorTexts.Values,
            _ => "",
        });
    }
}
