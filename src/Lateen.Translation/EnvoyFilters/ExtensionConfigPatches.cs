using Envoy.Config.Core.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>Extension configurations (ECDS) that EnvoyFilters add; filters refer to them by name.</summary>
internal static class ExtensionConfigPatches
{
    public static IEnumerable<TypedExtensionConfig> Added(ProxyContext context, IReadOnlyCollection<string> names) => context.Patches
        .At(EnvoyFilterApplyTo.ExtensionConfig)
        .Where(patch => names.Contains(((TypedExtensionConfig)patch.Value!).Name))
        .Select(patch => patch.Copy<TypedExtensionConfig>());
}
