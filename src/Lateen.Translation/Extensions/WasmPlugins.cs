using Lateen.Model;
using Lateen.Model.Extensions;
using Lateen.Model.Telemetry;
using Lateen.Translation.Policies;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation.Extensions;

/// <summary>Which WasmPlugins a listener's traffic would run through. No proxy of the mesh runs WebAssembly: they are told of, and left out.</summary>
internal static class WasmPlugins
{
    /// <summary>Reports each plugin that is meant for a listener, so that nobody takes it for being in force.</summary>
    public static void Report(ProxyContext context, ListenerClass kind, int port, PluginType type)
    {
        foreach (var plugin in At(context, kind, port, type))
        {
            context.Report(
                plugin.Meta,
                "spec.url",
                "the module does not run: the mesh's proxies have no WebAssembly runtime",
                "say it with an AuthorizationPolicy, RequestAuthentication, EnvoyFilter or Telemetry, or remove the plugin");
        }
    }

    /// <summary>The plugins of a listener in the order in which they would run: by phase, in each the higher priority first, then the older.</summary>
    public static IEnumerable<WasmPluginConfig> At(ProxyContext context, ListenerClass kind, int port, PluginType type) =>
        PolicySelection.Select(
            context.Snapshot.Index.WasmPlugins, context.Mesh.RootNamespace, context.Proxy, plugin => (plugin.Selector, plugin.TargetRef))
        .Where(plugin => TypeOf(plugin) == type && Carries(plugin.Match, kind, port))
        .OrderBy(plugin => Order(plugin.Phase))
        .ThenByDescending(plugin => plugin.Priority ?? 0);

    /// <summary>Whether a plugin is for the traffic of a listener; without conditions it is for all.</summary>
    /// <param name="kind">Null for a listener of no direction.</param>
    public static bool Carries(EquatableArray<PluginTrafficMatch> match, ListenerClass? kind, int port) => match.IsEmpty
        || match.Any(m => IsOf(m.Mode, kind) && (m.Ports.IsEmpty || m.Ports.Contains(port)));

    // Istio, WasmPlugin.type: a plugin that says nothing is one of HTTP.
    private static PluginType TypeOf(WasmPluginConfig plugin) =>
        plugin.Type == PluginType.UnspecifiedPluginType ? PluginType.Http : plugin.Type;

    private static bool IsOf(WorkloadMode mode, ListenerClass? kind) => mode switch
    {
        WorkloadMode.Client => kind is ListenerClass.SidecarOutbound or ListenerClass.Gateway,
        WorkloadMode.Server => kind == ListenerClass.SidecarInbound,
        _ => true,
    };

    private static int Order(PluginPhase phase) => phase switch
    {
        PluginPhase.Authn => 0,
        PluginPhase.Authz => 1,
        PluginPhase.Stats => 2,
        _ => 3,
    };
}
