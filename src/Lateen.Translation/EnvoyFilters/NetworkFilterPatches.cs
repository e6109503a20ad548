using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Lateen.Model.Networking;
using Lateen.Translation.Listeners;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Applies the patches of a chain's network filters, and of the HTTP filters inside of connection managers.</summary>
/// <remarks>Filters are added, moved and removed in the order of the patches; afterwards each one left is merged with.</remarks>
internal static class NetworkFilterPatches
{
    public static void Apply(ProxyContext context, EnvoyFilterContext part, Listener listener, FilterChain chain)
    {
        var patches = Matching(context, EnvoyFilterApplyTo.NetworkFilter, part, listener, chain);
        foreach (var patch in patches)
        {
            ListEdit.Apply(
                chain.Filters, patch, ListenerConditions.NamesNetworkFilter(patch), filter => ListenerConditions.Matches(patch, filter));
        }

        var httpPatches = Matching(context, EnvoyFilterApplyTo.HttpFilter, part, listener, chain);
        foreach (var filter in chain.Filters)
        {
            foreach (var patch in patches)
            {
                if (patch.Operation == EnvoyFilterOperation.Merge && ListenerConditions.Matches(patch, filter))
                {
                    Merge(context, patch, filter);
                }
            }

            if (httpPatches.Count > 0 && filter.Name == HttpManagers.Name)
            {
                ApplyHttp(context, httpPatches, filter);
            }
        }
    }

    private static List<EnvoyPatch> Matching(
        ProxyContext context, EnvoyFilterApplyTo applyTo, EnvoyFilterContext part, Listener listener, FilterChain chain) =>
        [.. context.Patches.At(applyTo, part)
            .Where(patch => ListenerConditions.Matches(patch, listener) && ListenerConditions.Matches(patch, listener, chain))];

    private static void Merge(ProxyContext context, EnvoyPatch patch, Filter filter)
    {
        if (filter.TypedConfig is not { } original)
        {
            return;
        }

        var change = (Filter)patch.Value!;
        if (change.TypedConfig is { } typed)
        {
            filter.TypedConfig = TypedConfigMerge.Merge(context, patch, original, typed);
        }

        if (change.Name.Length > 0)
        {
            filter.Name = change.Name;
        }
    }

    private static void ApplyHttp(ProxyContext context, List<EnvoyPatch> patches, Filter filter)
    {
        if (filter.TypedConfig is null || !filter.TypedConfig.TryUnpack<HttpConnectionManager>(out var manager))
        {
            return;
        }

        var own = patches.Where(patch => ListenerConditions.Matches(patch, filter)).ToList();
        foreach (var patch in own)
        {
            ListEdit.Apply(
                manager.HttpFilters, patch, ListenerConditions.NamesHttpFilter(patch), inner => ListenerConditions.Matches(patch, inner));
        }

        foreach (var inner in manager.HttpFilters)
        {
            foreach (var patch in own)
            {
                if (patch.Operation == EnvoyFilterOperation.Merge && ListenerConditions.Matches(patch, inner))
                {
                    Merge(context, patch, inner);
                }
            }
        }

        filter.TypedConfig = manager.Pack();
    }

    private static void Merge(ProxyContext context, EnvoyPatch patch, HttpFilter filter)
    {
        if (filter.TypedConfig is not { } original)
        {
            return;
        }

        var change = (HttpFilter)patch.Value!;
        if (change.TypedConfig is { } typed)
        {
            filter.TypedConfig = TypedConfigMerge.Merge(context, patch, original, typed);
        }

        if (change.Name.Length > 0)
        {
            filter.Name = change.Name;
        }
    }
}
