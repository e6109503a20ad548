using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>The patches that hold for one proxy, in the order in which they are applied.</summary>
/// <remarks>Istio, EnvoyFilter: the root namespace's first, then the workload's own; in each by priority, age and name.</remarks>
internal sealed class ProxyPatches
{
    private static readonly IReadOnlyList<EnvoyPatch> Nothing = [];

    private readonly Dictionary<EnvoyFilterApplyTo, List<EnvoyPatch>> _patches = [];

    private ProxyPatches()
    {
    }

    public static ProxyPatches None { get; } = new();

    public bool IsEmpty => _patches.Count == 0;

    /// <summary>The patches of a proxy; what could not be parsed is reported.</summary>
    public static ProxyPatches Of(ProxyContext context)
    {
        var filters = CompiledEnvoyFilters.Of(context.Snapshot.Index).Filters;
        if (filters.IsEmpty)
        {
            return None;
        }

        var root = context.Mesh.RootNamespace;
        var result = new ProxyPatches();
        if (root != context.Proxy.Namespace)
        {
            result.Add(context, filters, root);
        }

        result.Add(context, filters, context.Proxy.Namespace);
        return result;
    }

    /// <summary>The patches of one apply point that hold in a part of the configuration.</summary>
    public IEnumerable<EnvoyPatch> At(EnvoyFilterApplyTo applyTo, EnvoyFilterContext context) =>
        At(applyTo).Where(patch => patch.IsIn(context));

    /// <summary>The patches of an apply point that belongs to no part of the traffic.</summary>
    public IReadOnlyList<EnvoyPatch> At(EnvoyFilterApplyTo applyTo) => _patches.TryGetValue(applyTo, out var found) ? found : Nothing;

    public bool Has(EnvoyFilterApplyTo applyTo) => _patches.ContainsKey(applyTo);

    private void Add(ProxyContext context, Lateen.Model.EquatableArray<CompiledEnvoyFilter> filters, string @namespace)
    {
        foreach (var filter in filters)
        {
            if (filter.Config.Meta.Namespace != @namespace || filter.Config.WorkloadSelector?.Matches(context.Proxy.Labels) == false)
            {
                continue;
            }

            foreach (var problem in filter.Problems)
            {
                context.Report(problem);
            }

            foreach (var patch in filter.Patches)
            {
                if (patch.IsFor(context.Proxy))
                {
                    if (!_patches.TryGetValue(patch.ApplyTo, out var list))
                    {
                        _patches[patch.ApplyTo] = list = [];
                    }

                    list.Add(patch);
                }
            }
        }
    }
}
