using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Applies the patches of a listener's filter chains and of the filters in them.</summary>
internal static class FilterChainPatches
{
    public static void Apply(ProxyContext context, EnvoyFilterContext part, Listener listener)
    {
        for (var i = 0; i < listener.FilterChains.Count; i++)
        {
            if (!Apply(context, part, listener, listener.FilterChains[i]))
            {
                listener.FilterChains.RemoveAt(i--);
            }
        }

        if (listener.DefaultFilterChain is { } last && !Apply(context, part, listener, last))
        {
            listener.DefaultFilterChain = null;
        }

        foreach (var patch in context.Patches.At(EnvoyFilterApplyTo.FilterChain, part))
        {
            if (patch.Operation == EnvoyFilterOperation.Add && ListenerConditions.Matches(patch, listener))
            {
                listener.FilterChains.Add(patch.Copy<FilterChain>());
            }
        }
    }

    /// <summary>Patches one chain; false = it is removed.</summary>
    private static bool Apply(ProxyContext context, EnvoyFilterContext part, Listener listener, FilterChain chain)
    {
        if (chain.Filters.Count == 0)
        {
            return true;
        }

        foreach (var patch in context.Patches.At(EnvoyFilterApplyTo.FilterChain, part))
        {
            if (!ListenerConditions.Matches(patch, listener) || !ListenerConditions.Matches(patch, listener, chain))
            {
                continue;
            }

            if (patch.Operation == EnvoyFilterOperation.Remove)
            {
                return false;
            }

            if (patch.Operation == EnvoyFilterOperation.Merge && !MergedSocket(context, patch, chain.TransportSocket, (FilterChain)patch.Value!))
            {
                MessageMerge.Into(chain, patch.Value!);
            }
        }

        NetworkFilterPatches.Apply(context, part, listener, chain);
        return true;
    }

    /// <summary>
    /// A patch of a transport socket of the same name changes what is inside of it, and nothing else of the chain; any other patch is
    /// merged as a whole.
    /// </summary>
    private static bool MergedSocket(ProxyContext context, EnvoyPatch patch, TransportSocket? existing, FilterChain change)
    {
        if (existing is null || change.TransportSocket is not { } socket || socket.Name != existing.Name)
        {
            return false;
        }

        if (existing.TypedConfig is { } original && socket.TypedConfig is { } typed)
        {
            existing.TypedConfig = TypedConfigMerge.Merge(context, patch, original, typed);
        }

        return true;
    }
}
