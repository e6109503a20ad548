using Envoy.Config.Listener.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Applies the patches of listeners and of everything in them.</summary>
internal static class ListenerPatches
{
    /// <summary>The listeners of one part of a proxy's configuration after all patches.</summary>
    /// <param name="addsListeners">False for the capture listeners: a listener is added beside the ports' own.</param>
    public static IEnumerable<Listener> Apply(
        ProxyContext context, EnvoyFilterContext part, IEnumerable<Listener> listeners, bool addsListeners = true)
    {
        var patches = context.Patches;
        if (patches.IsEmpty)
        {
            return listeners;
        }

        var result = listeners.Where(listener => Apply(context, part, listener)).ToList();
        if (addsListeners)
        {
            foreach (var patch in patches.At(EnvoyFilterApplyTo.Listener, part))
            {
                // Without a context a listener is meant once, not for each direction.
                if (patch.Operation == EnvoyFilterOperation.Add
                    && (patch.Match.Context != EnvoyFilterContext.Any || part != EnvoyFilterContext.SidecarInbound))
                {
                    result.Add(patch.Copy<Listener>());
                }
            }
        }

        return result;
    }

    /// <summary>Patches one listener; false = it is removed.</summary>
    private static bool Apply(ProxyContext context, EnvoyFilterContext part, Listener listener)
    {
        foreach (var patch in context.Patches.At(EnvoyFilterApplyTo.Listener, part))
        {
            if (!ListenerConditions.Matches(patch, listener))
            {
                continue;
            }

            if (patch.Operation == EnvoyFilterOperation.Remove)
            {
                return false;
            }

            if (patch.Operation == EnvoyFilterOperation.Merge)
            {
                MessageMerge.Into(listener, patch.Value!);
            }
        }

        foreach (var patch in context.Patches.At(EnvoyFilterApplyTo.ListenerFilter, part))
        {
            if (ListenerConditions.Matches(patch, listener))
            {
                ListEdit.Apply(
                    listener.ListenerFilters,
                    patch,
                    ListenerConditions.NamesListenerFilter(patch),
                    filter => ListenerConditions.Matches(patch, filter));
            }
        }

        FilterChainPatches.Apply(context, part, listener);
        return true;
    }
}
