using System.Text.Json.Nodes;
using Lateen.Injection.Policy;
using Lateen.Injection.Yaml;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Injection.Policy;

public sealed class InjectionPolicyTests
{
    [Theory]
    [InlineData("enabled", "{}", "default", true)]
    [InlineData("disabled", "{}", "default", false)]
    [InlineData("other", "{}", "default", false)]
    [InlineData("enabled", "{spec: {hostNetwork: true}}", "default", false)]
    [InlineData("enabled", "{metadata: {labels: {sidecar.istio.io/inject: 'true'}}, spec: {hostNetwork: true}}", "default", false)]
    [InlineData("enabled", "{metadata: {labels: {sidecar.istio.io/inject: 'true'}}}", "kube-system", false)]
    [InlineData("enabled", "{metadata: {labels: {sidecar.istio.io/inject: 'false'}}}", "default", false)]
    [InlineData("disabled", "{metadata: {annotations: {sidecar.istio.io/inject: 'Yes'}}}", "default", true)]
    [InlineData("disabled", "{metadata: {labels: {sidecar.istio.io/inject: 'on'}, annotations: {sidecar.istio.io/inject: 'false'}}}", "default", true)]
    [InlineData("enabled", "{metadata: {labels: {sidecar.istio.io/inject: 'maybe'}}}", "default", false)]
    [InlineData("enabled", "{metadata: {labels: {never: x, always: y}}}", "default", false)]
    [InlineData("disabled", "{metadata: {labels: {always: y}}}", "default", true)]
    [InlineData("enabled", "{metadata: {labels: {never: x, sidecar.istio.io/inject: 'true'}}}", "default", true)]
    public void Decide_Pod_FollowsTheRules(string policy, string pod, string ns, bool inject)
    {
        var rules = new InjectionPolicy(policy, [Selector("always"), []], [Selector("never"), []]);

        rules.Decide((JsonObject)YamlReader.Read(pod)!, ns).Inject.ShouldBe(inject);
    }

    private static JsonObject Selector(string label) =>
        (JsonObject)YamlReader.Read($"{{matchExpressions: [{{key: {label}, operator: Exists}}]}}")!;
}
