using System.Text.Json.Nodes;
using Lateen.Sandbox.Node;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Node;

public sealed class EnvironmentBuilderTests
{
    private static readonly JsonObject Pod = Parse("""
        {"metadata":{"name":"p","namespace":"ns","uid":"u","labels":{"app":"web","b":"x\"y"}},
         "spec":{"nodeName":"n","containers":[{"name":"c","resources":{"limits":{"cpu":"1500m","memory":"128Mi"}}}]}}
        """);

    [Fact]
    public void Environment_AllSources_ResolveInOrder()
    {
        JsonObject container = Parse("""
            {"envFrom":[{"prefix":"F_","configMapRef":{"name":"map"}}],
             "env":[{"name":"A","value":"1"},{"name":"B","value":"$(A)-$$(A)-$(NONE)"},
                    {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},
                    {"name":"APP","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['app']"}}},
                    {"name":"SECRET","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},
                    {"name":"CPU","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}},
                    {"name":"MI","valueFrom":{"resourceFieldRef":{"resource":"limits.memory","divisor":"1Mi"}}}],
             "resources":{"limits":{"cpu":"1500m","memory":"128Mi"}}}
            """);

        Builder().Build(container, [KeyValuePair.Create("PATH", "/bin")]).Select(pair => $"{pair.Key}={pair.Value}")
            .ShouldBe(["PATH=/bin", "F_x=from map", "A=1", "B=1-$(A)-$(NONE)", "IP=10.0.0.1", "APP=web", "SECRET=geheim", "CPU=2", "MI=128"]);
    }

    [Theory]
    [InlineData("""{"configMapKeyRef":{"name":"none","key":"k"}}""", "configmap \"none\" not found")]
    [InlineData("""{"configMapKeyRef":{"name":"map","key":"none"}}""", "couldn't find key none in ConfigMap ns/map")]
    [InlineData("""{"fieldRef":{"fieldPath":"spec.nothing"}}""", "unsupported fieldPath: spec.nothing")]
    public void Environment_Missing_SaysWhat(string source, string message)
    {
        JsonObject container = Parse($$"""{"env":[{"name":"A","valueFrom":{{source}} }]}""");

        Should.Throw<NotReadyYetException>(() => Builder().Build(container, [])).Message.ShouldBe(message);
    }

    [Fact]
    public void Environment_OptionalMissing_IsLeftOut() =>
        Builder().Build(Parse("""{"env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"none","key":"k","optional":true}}}]}"""), []).ShouldBeEmpty();

    [Fact]
    public void Fields_Labels_AreQuotedLines() =>
        new PodFields(Pod, "", "").Field("metadata.labels").ShouldBe("app=\"web\"\nb=\"x\\\"y\"");

    [Theory]
    [InlineData("100m", 0.1)]
    [InlineData("1.5", 1.5)]
    [InlineData("2Ki", 2048)]
    [InlineData("1M", 1000000)]
    [InlineData("1e3", 1000)]
    public void Quantity_EachForm_IsRead(string text, double value) => Quantity.Parse(text).ShouldBe((decimal)value);

    [Fact]
    public void Quantity_Nonsense_IsNone() => Quantity.Parse("much").ShouldBeNull();

    private static EnvironmentBuilder Builder() => new(
        new PodFields(Pod, "10.0.0.1", "10.0.0.254"),
        name => name == "map" ? Parse("""{"data":{"x":"from map"}}""") : null,
        name => name == "s" ? Parse("""{"data":{"k":"Z2VoZWlt"}}""") : null);

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;
}
