using Lateen.Model;
using Lateen.Model.Extensions;

namespace Lateen.Config.Analysis;

/// <summary>Resources that are right by Istio's rules and that this mesh does not serve: they are said to be out of force, never ignored in silence.</summary>
public static class SupportCheck
{
    /// <summary>Why a resource is not in force; null for one that is.</summary>
    public static ConfigProblem? Of(IIstioConfig config) => config is not WasmPluginConfig plugin ? null : ConfigProblem.Warning(
        "",
        plugin.FailStrategy == PluginFailStrategy.FailClose
            ? "the plugin is not in force: the mesh's proxies run no WebAssembly, and requests pass without it although failStrategy is FAIL_CLOSE"
            : "the plugin is not in force: the mesh's proxies run no WebAssembly, and requests pass without it",
        new ConfigLocation(new ResourceName(plugin.Meta.Kind, plugin.Meta.Namespace, plugin.Meta.Name), "spec.url"),
        "say it with an AuthorizationPolicy, RequestAuthentication, EnvoyFilter or Telemetry, or remove the plugin");
}
