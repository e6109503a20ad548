using Envoy.Config.Route.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Applies the patches of route configurations, virtual hosts and routes.</summary>
internal static class RoutePatches
{
    private static readonly Dictionary<int, HashSet<int>> NoPorts = [];

    /// <summary>Whether anything is patched in the route configurations of a proxy.</summary>
    public static bool Any(ProxyContext context) =>
        context.Patches.Has(EnvoyFilterApplyTo.RouteConfiguration)
        || context.Patches.Has(EnvoyFilterApplyTo.VirtualHost)
        || context.Patches.Has(EnvoyFilterApplyTo.HttpRoute);

    public static RouteConfiguration Apply(
        ProxyContext context,
        EnvoyFilterContext part,
        RouteConfiguration configuration,
        IReadOnlyDictionary<int, HashSet<int>>? servedPorts = null)
    {
        if (context.Patches.IsEmpty)
        {
            return configuration;
        }

        servedPorts ??= NoPorts;
        foreach (var patch in Matching(context, EnvoyFilterApplyTo.RouteConfiguration, part, configuration, servedPorts))
        {
            MessageMerge.Into(configuration, patch.Value!);
        }

        var hostPatches = Matching(context, EnvoyFilterApplyTo.VirtualHost, part, configuration, servedPorts);
        var routePatches = Matching(context, EnvoyFilterApplyTo.HttpRoute, part, configuration, servedPorts);
        for (var i = 0; i < configuration.VirtualHosts.Count; i++)
        {
            if (Apply(hostPatches, configuration.VirtualHosts[i]) is { } host)
            {
                configuration.VirtualHosts[i] = host;
                ApplyRoutes(routePatches, host);
            }
            else
            {
                configuration.VirtualHosts.RemoveAt(i--);
            }
        }

        // What is added is not patched itself: its author wrote it whole.
        foreach (var patch in hostPatches.Where(patch => patch.Operation == EnvoyFilterOperation.Add))
        {
            configuration.VirtualHosts.Add(patch.Copy<VirtualHost>());
        }

        return configuration;
    }

    private static List<EnvoyPatch> Matching(
        ProxyContext context,
        EnvoyFilterApplyTo applyTo,
        EnvoyFilterContext part,
        RouteConfiguration configuration,
        IReadOnlyDictionary<int, HashSet<int>> servedPorts) =>
        [.. context.Patches.At(applyTo, part).Where(patch => RouteConditions.Matches(patch, part, configuration, servedPorts))];

    /// <summary>The host after its patches; null = it is removed.</summary>
    private static VirtualHost? Apply(List<EnvoyPatch> patches, VirtualHost host)
    {
        foreach (var patch in patches.Where(patch => RouteConditions.Matches(patch, host)))
        {
            switch (patch.Operation)
            {
                case EnvoyFilterOperation.Remove:
                    return null;
                case EnvoyFilterOperation.Merge:
                    MessageMerge.Into(host, patch.Value!);
                    break;
                case EnvoyFilterOperation.Replace when patch.Match.RouteConfiguration?.Vhost is not null:
                    host = patch.Copy<VirtualHost>();
                    break;
            }
        }

        return host;
    }

    private static void ApplyRoutes(List<EnvoyPatch> patches, VirtualHost host)
    {
        var own = patches.Where(patch => RouteConditions.Matches(patch, host)).ToList();
        if (own.Count == 0)
        {
            return;
        }

        for (var i = 0; i < host.Routes.Count; i++)
        {
            if (Apply(own, host.Routes[i]) is { } route)
            {
                host.Routes[i] = route;
            }
            else
            {
                host.Routes.RemoveAt(i--);
            }
        }

        // Those that go behind another route come last: they may name one that was just inserted.
        foreach (var isAfter in (bool[])[false, true])
        {
            foreach (var patch in own)
            {
                if (patch.Operation is EnvoyFilterOperation.Remove or EnvoyFilterOperation.Merge
                    || patch.Operation == EnvoyFilterOperation.InsertAfter != isAfter)
                {
                    continue;
                }

                var isAimed = RouteConditions.NamesRoute(patch);
                if (patch.Operation != EnvoyFilterOperation.InsertFirst || !isAimed || host.Routes.Any(route => RouteConditions.Matches(patch, route)))
                {
                    ListEdit.Apply(host.Routes, patch, isAimed, route => RouteConditions.Matches(patch, route));
                }
            }
        }
    }

    /// <summary>The route after its patches; null = it is removed. Hosts may share route objects, so a changed one is a copy.</summary>
    private static Route? Apply(List<EnvoyPatch> patches, Route route)
    {
        var isOwn = false;
        foreach (var patch in patches)
        {
            if (patch.Operation is not (EnvoyFilterOperation.Remove or EnvoyFilterOperation.Merge) || !RouteConditions.Matches(patch, route))
            {
                continue;
            }

            if (patch.Operation == EnvoyFilterOperation.Remove)
            {
                return null;
            }

            route = isOwn ? route : route.Clone();
            isOwn = true;
            MessageMerge.Into(route, patch.Value!);
        }

        return route;
    }
}
