using System.Text.RegularExpressions;
using Google.Protobuf;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>One change of an EnvoyFilter, its value parsed: what is left to do per proxy is to compare and to apply.</summary>
/// <param name="Meta">The EnvoyFilter.</param>
/// <param name="Path">The patch inside it, for instance `spec.configPatches[2]`.</param>
/// <param name="Version">The condition on the proxy's version; null = any.</param>
/// <param name="Value">Null for REMOVE only. Never changed: whoever applies it clones or copies.</param>
internal sealed record EnvoyPatch(
    ConfigMeta Meta,
    string Path,
    EnvoyFilterApplyTo ApplyTo,
    EnvoyFilterOperation Operation,
    EnvoyFilterMatch Match,
    Regex? Version,
    IMessage? Value)
{
    /// <summary>Whether the patch is meant for a proxy, by its version and metadata.</summary>
    public bool IsFor(ProxyNode proxy)
    {
        // A proxy that names no version fits no expression.
        if (Version is not null && (proxy.IstioVersion.Length == 0 || !Version.IsMatch(proxy.IstioVersion)))
        {
            return false;
        }

        foreach (var (key, value) in Match.ProxyMetadata)
        {
            if (proxy.Metadata.Find(key) != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the patch holds in a part of the configuration.</summary>
    public bool IsIn(EnvoyFilterContext context) => Match.Context == EnvoyFilterContext.Any || Match.Context == context;

    /// <summary>A copy of the value that the configuration may own.</summary>
    public T Copy<T>()
        where T : class, IMessage<T>, IDeepCloneable<T> => ((T)Value!).Clone();
}
