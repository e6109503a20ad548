using Lateen.Api;
using Lateen.Config.Analysis;
using Lateen.Model;
using Lateen.Model.Extensions;
using Lateen.Model.Telemetry;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Translation.Extensions;
using Lateen.Translation.Telemetries;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Translation.Extensions;

/// <summary>Plugins that no proxy can run are told of where they would run, and change nothing there.</summary>
public sealed class WasmPluginTests
{
    private static readonly ProxyNode Web = Sidecar() with { Labels = Labels(("app", "web")) };

    [Fact]
    public void Plugins_OfAWorkload_AreInTheOrderOfPhaseAndPriority()
    {
        var context = new ProxyContext(
            MeshSnapshot.Build(Inputs(
                Plugin("last"),
                Plugin("low") with { Phase = PluginPhase.Authz, Priority = 1 },
                Plugin("high") with { Phase = PluginPhase.Authz, Priority = 10 },
                Plugin("first") with { Phase = PluginPhase.Authn },
                Plugin("other") with { Selector = new(Labels(("app", "other"))) },
                Plugin("mesh-wide") with { Meta = Meta("WasmPlugin", "mesh-wide") with { Namespace = "istio-system" }, Phase = PluginPhase.Stats },
                Plugin("foreign") with { Meta = Meta("WasmPlugin", "foreign") with { Namespace = "foreign" } },
                Plugin("tcp") with { Type = PluginType.Network },
                Plugin("client") with { Match = [new(WorkloadMode.Client, [])] },
                Plugin("port") with { Match = [new(WorkloadMode.Server, [9])] })),
            Web);

        WasmPlugins.At(context, ListenerClass.SidecarInbound, 80, PluginType.Http).Select(plugin => plugin.Meta.Name)
            .ShouldBe(["first", "high", "low", "mesh-wide", "last"]);
    }

    [Fact]
    public void Plugin_ChangesNoListenerAndIsReportedOnce()
    {
        var with = ProxyTranslator.Translate(new(MeshSnapshot.Build(Inputs(Plugin("p"))), Web, TypeUrls.Listener, []));
        var without = ProxyTranslator.Translate(new(MeshSnapshot.Build(Inputs()), Web, TypeUrls.Listener, []));

        with.Resources.Select(resource => (resource.Name, resource.Version)).ShouldBe(without.Resources.Select(resource => (resource.Name, resource.Version)));
        var problem = with.Problems.ShouldHaveSingleItem();
        (problem.Subject, problem.FieldPath).ShouldBe(("WasmPlugin default/p", "spec.url"));
        problem.What.ShouldContain("no WebAssembly");
    }

    [Fact]
    public void FailClose_IsNamedInTheReason()
    {
        SupportCheck.Of(Plugin("p"))!.Describe().ShouldContain("although failStrategy is FAIL_CLOSE");
        SupportCheck.Of(Plugin("p") with { FailStrategy = PluginFailStrategy.FailOpen })!.Describe().ShouldNotContain("FAIL_CLOSE");
    }

    private static WasmPluginConfig Plugin(string name) => new() { Meta = Meta("WasmPlugin", name), Url = "oci://example.com/module" };

    private static MeshInputs Inputs(params IIstioConfig[] configs) => new()
    {
        Services = [Service("web", "10.96.0.10", ("http", 80, Protocol.Http))],
        Workloads = [new Workload { Name = "web-1", Namespace = "default", Addresses = ["10.1.0.9"], Labels = Labels(("app", "web")) }],
        Configs = configs,
    };
}
