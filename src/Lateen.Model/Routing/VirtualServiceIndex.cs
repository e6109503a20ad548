using Lateen.Model.Mesh;
using Lateen.Model.Networking;

namespace Lateen.Model.Routing;

/// <summary>VirtualServices with their names resolved and delegates merged, by gateway and visibility.</summary>
public sealed class VirtualServiceIndex
{
    /// <summary>The gateway name that stands for all sidecars.</summary>
    public const string MeshGateway = "mesh";

    private readonly Dictionary<string, EquatableArray<VirtualServiceConfig>> _byGateway;
    private readonly EquatableArray<string> _defaultExportTo;

    // What each object became: an object that did not change becomes the very same again.
    private readonly Dictionary<object, VirtualServiceConfig> _resolved;

    private VirtualServiceIndex(
        EquatableArray<VirtualServiceConfig> all, Dictionary<object, VirtualServiceConfig> resolved, EquatableArray<string> defaultExportTo)
    {
        All = all;
        _resolved = resolved;
        _defaultExportTo = defaultExportTo;
        _byGateway = all
            .SelectMany(v => v.Gateways.Distinct().Select(g => (Gateway: g, Config: v)))
            .GroupBy(p => p.Gateway)
            .ToDictionary(g => g.Key, g => g.Select(p => p.Config).ToEquatableArray());
    }

    /// <summary>All root VirtualServices (those with hosts), the oldest first.</summary>
    public EquatableArray<VirtualServiceConfig> All { get; }

    internal static VirtualServiceIndex Build(
        EquatableArray<VirtualServiceConfig> oldestFirst, MeshConfig mesh, string domain, VirtualServiceIndex? before)
    {
        var resolved = new Dictionary<object, VirtualServiceConfig>(oldestFirst.Count, ReferenceEqualityComparer.Instance);
        foreach (var config in oldestFirst)
        {
            resolved[config] = before?._resolved.GetValueOrDefault(config) ?? ShortNames.Resolve(config, domain);
        }

        var all = DelegateMerge.Merge(oldestFirst.Select(config => resolved[config]).ToEquatableArray(), mesh.DefaultVirtualServiceExportTo);
        return new(KnownInstances(all, before), resolved, mesh.DefaultVirtualServiceExportTo);
    }

    /// <summary>An index of VirtualServices that have been resolved and merged.</summary>
    internal static VirtualServiceIndex OfMerged(EquatableArray<VirtualServiceConfig> all, MeshConfig mesh) =>
        new(all, [], mesh.DefaultVirtualServiceExportTo);

    /// <summary>Whether an object is seen from a namespace.</summary>
    public bool IsVisible(VirtualServiceConfig config, string @namespace) =>
        Visibility.IsVisible(config.ExportTo, _defaultExportTo, config.Meta.Namespace, @namespace);

    /// <summary>Those that are bound to a gateway (`mesh` or `namespace/name`) and visible in a namespace; private ones come first.</summary>
    public EquatableArray<VirtualServiceConfig> For(string @namespace, string gateway)
    {
        if (!_byGateway.TryGetValue(gateway, out var candidates))
        {
            return default;
        }

        var own = new List<VirtualServiceConfig>();
        var toNamespace = new List<VirtualServiceConfig>();
        var toAll = new List<VirtualServiceConfig>();
        foreach (var config in candidates)
        {
            if (!IsVisible(config, @namespace))
            {
                continue;
            }

            var exportTo = config.ExportTo.IsEmpty ? _defaultExportTo : config.ExportTo;
            var list = exportTo.Contains(Visibility.Public) ? toAll
                : Visibility.IsPrivate(config.ExportTo, _defaultExportTo, config.Meta.Namespace) ? own
                : toNamespace;
            list.Add(config);
        }

        return [.. own, .. toNamespace, .. toAll];
    }

    // A root with delegates is merged anew each time; where that changes nothing the instance of before goes on.
    private static EquatableArray<VirtualServiceConfig> KnownInstances(EquatableArray<VirtualServiceConfig> all, VirtualServiceIndex? before)
    {
        if (before is null)
        {
            return all;
        }

        var known = before.All.ToLookup(config => (config.Meta.Namespace, config.Meta.Name));
        return all.Select(config => known[(config.Meta.Namespace, config.Meta.Name)].FirstOrDefault(same => same == config) ?? config).ToEquatableArray();
    }
}
