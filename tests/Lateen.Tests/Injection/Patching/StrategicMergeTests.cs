using System.Text.Json.Nodes;
using Lateen.Injection.Patching;
using Lateen.Injection.Schema;
using Lateen.Injection.Yaml;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Patching;

public sealed class StrategicMergeTests
{
    [Theory]
    // Objects: a field that is given wins, null deletes, the rest stays.
    [InlineData("{metadata: {labels: {a: '1', b: '2'}}}", "{metadata: {labels: {b: '3', a: null}}}", "{metadata: {labels: {b: '3'}}}")]
    // Lists by merge key: new elements before the others, known ones merged in place.
    [InlineData("{spec: {containers: [{name: x, image: i}]}}", "{spec: {containers: [{name: y}]}}", "{spec: {containers: [{name: y}, {name: x, image: i}]}}")]
    [InlineData("{spec: {containers: [{name: x, image: i}, {name: z}]}}", "{spec: {containers: [{name: x, image: j}]}}", "{spec: {containers: [{name: x, image: j}, {name: z}]}}")]
    // The live order decides where both stand in it; the patch's own order is kept among its elements.
    [InlineData("{spec: {containers: [{name: a}, {name: b}, {name: c}]}}", "{spec: {containers: [{name: c}, {name: n}, {name: a}]}}", "{spec: {containers: [{name: b}, {name: c}, {name: n}, {name: a}]}}")]
    // Directives.
    [InlineData("{spec: {containers: [{name: a}, {name: b}]}}", "{spec: {containers: [{name: a, $patch: delete}]}}", "{spec: {containers: [{name: b}]}}")]
    [InlineData("{spec: {containers: [{name: a}, {name: b}]}}", "{spec: {containers: [{name: c}, {$patch: replace}]}}", "{spec: {containers: [{name: c}]}}")]
    [InlineData("{spec: {securityContext: {runAsUser: 1, fsGroup: 2}}}", "{spec: {securityContext: {$patch: replace, fsGroup: 3}}}", "{spec: {securityContext: {fsGroup: 3}}}")]
    [InlineData("{spec: {securityContext: {runAsUser: 1}}}", "{spec: {securityContext: {$patch: delete}}}", "{spec: {securityContext: {}}}")]
    [InlineData("{spec: {volumes: [{name: v, emptyDir: {}}]}}", "{spec: {volumes: [{name: v, $retainKeys: [name, configMap], configMap: {name: c}}]}}", "{spec: {volumes: [{name: v, configMap: {name: c}}]}}")]
    [InlineData("{spec: {containers: [{name: a}, {name: b}]}}", "{spec: {$setElementOrder/containers: [{name: b}, {name: a}]}}", "{spec: {containers: [{name: b}, {name: a}]}}")]
    [InlineData("{metadata: {finalizers: [a, b]}}", "{metadata: {$deleteFromPrimitiveList/finalizers: [a]}}", "{metadata: {finalizers: [b]}}")]
    // Lists without a merge key are replaced, merged lists of texts are joined.
    [InlineData("{spec: {containers: [{name: a, args: [x]}]}}", "{spec: {containers: [{name: a, args: [y, z]}]}}", "{spec: {containers: [{name: a, args: [y, z]}]}}")]
    [InlineData("{metadata: {finalizers: [a]}}", "{metadata: {finalizers: [b, a]}}", "{metadata: {finalizers: [a, b]}}")]
    [InlineData("{spec: {containers: [{name: a, ports: [{containerPort: 80, name: h}]}]}}", "{spec: {containers: [{name: a, ports: [{containerPort: 80, protocol: UDP}]}]}}", "{spec: {containers: [{name: a, ports: [{containerPort: 80, name: h, protocol: UDP}]}]}}")]
    // What is added comes without its nulls and directives.
    [InlineData("{}", "{spec: {volumes: [{name: v, emptyDir: null}]}}", "{spec: {volumes: [{name: v}]}}")]
    public void Patch_OverPod_GivesWhatKubernetesGives(string original, string patch, string expected)
    {
        var result = StrategicMerge.Apply(Read(original), Read(patch), PodSchema.Pod);

        YamlWriter.Write(result).ShouldBe(YamlWriter.Write(Read(expected)));
    }

    [Fact]
    public void Patch_DoesNotChangeItsArguments()
    {
        var (original, patch) = (Read("{spec: {containers: [{name: a}]}}"), Read("{spec: {containers: [{name: a, image: i}]}}"));

        StrategicMerge.Apply(original, patch, PodSchema.Pod);

        original.ToJsonString().ShouldBe("""{"spec":{"containers":[{"name":"a"}]}}""");
        patch.ToJsonString().ShouldBe("""{"spec":{"containers":[{"name":"a","image":"i"}]}}""");
    }

    private static JsonObject Read(string yaml) => (JsonObject)YamlReader.Read(yaml)!;
}
