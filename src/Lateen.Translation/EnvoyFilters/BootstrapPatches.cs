using Envoy.Config.Bootstrap.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Applies the patches of a proxy's bootstrap.</summary>
internal static class BootstrapPatches
{
    public static Bootstrap Apply(ProxyContext context, Bootstrap bootstrap)
    {
        foreach (var patch in context.Patches.At(EnvoyFilterApplyTo.Bootstrap))
        {
            MessageMerge.Into(bootstrap, patch.Value!);
        }

        return bootstrap;
    }
}
