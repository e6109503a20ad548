using System.Text.Json.Nodes;
using Lateen.ControlPlane.Webhooks;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Webhooks;

public sealed class InjectionSourceTests
{
    private readonly InjectionSource _source = new("", new Dictionary<string, string>(), NullLogger.Instance);

    [Fact]
    public void Source_BeforeConfigMap_HasNothing() => _source.Current.ShouldBeNull();

    [Fact]
    public void ConfigMap_Changed_IsUsedFromThenOn()
    {
        _source.Reset([Map("istio-sidecar-injector", "config", "policy: enabled\ntemplates: {a: ''}"), Map("other", "config", "x")]);
        _source.Current!.Config.TemplateNames.ShouldBe(["a"]);

        _source.Upsert(Map("istio-sidecar-injector", "config", "policy: disabled\ntemplates: {b: ''}"));

        _source.Current!.Config.TemplateNames.ShouldBe(["b"]);
        _source.Current!.Config.Policy.Policy.ShouldBe("disabled");
    }

    [Theory]
    [InlineData("templates: {b: '{{ nope }}'}")]
    [InlineData("templates: [")]
    [InlineData("- a")]
    public void ConfigMap_ThatCannotBeUsed_LeavesTheLastGoodOne(string config)
    {
        _source.Upsert(Map("istio-sidecar-injector", "config", "policy: enabled\ntemplates: {a: ''}"));

        _source.Upsert(Map("istio-sidecar-injector", "config", config));

        _source.Current!.Config.TemplateNames.ShouldBe(["a"]);
    }

    [Fact]
    public void Source_OfRevision_ReadsTheRevisionsConfigMap()
    {
        var source = new InjectionSource("canary", new Dictionary<string, string>(), NullLogger.Instance);

        source.Reset([Map("istio-sidecar-injector", "config", "templates: {a: ''}"), Map("istio-sidecar-injector-canary", "config", "templates: {c: ''}")]);

        source.Current!.Config.TemplateNames.ShouldBe(["c"]);
        source.Current!.Revision.ShouldBe("canary");
    }

    [Fact]
    public void ProxyConfigs_ComeAndGo_AreInTheSnapshot()
    {
        _source.Upsert(Map("istio-sidecar-injector", "config", "templates: {a: ''}"));
        var sink = _source.ProxyConfigs;

        sink.Upsert(Map("p", "x", ""));
        _source.Current!.ProxyConfigs.Count.ShouldBe(1);

        sink.Reset([]);
        _source.Current!.ProxyConfigs.ShouldBeEmpty();
    }

    private static JsonObject Map(string name, string key, string text) =>
        new() { ["metadata"] = new JsonObject { ["name"] = name }, ["data"] = new JsonObject { [key] = text } };
}
