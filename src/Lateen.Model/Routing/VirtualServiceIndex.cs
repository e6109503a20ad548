using System.Collections.Frozen;
using Lateen.Model.Networking;

namespace Lateen.Model.Routing;

/// <summary>VirtualServices with their names resolved and delegates merged, by gateway and visibility.</summary>
public sealed class VirtualServiceIndex
{
    /// <summary>The gateway name that stands for all sidecars.</summary>
    public const string MeshGateway = "mesh";

    private readonly FrozenDictionary<string, EquatableArray<VirtualServiceConfig>> _byGateway;
    private readonly EquatableArray<string> _defaultExportTo;

    private VirtualServiceIndex(
        EquatableArray<VirtualServiceConfig> all,
        FrozenDictionary<string, EquatableArray<VirtualServiceConfig>> byGateway,
        EquatableArray<string> defaultExportTo)
    {
        All = all;
        _byGateway = byGateway;
        _defaultExportTo = defaultExportTo;
    }

    /// <summary>All root VirtualServices (those with hosts), the oldest first.</summary>
    public EquatableArray<VirtualServiceConfig> All { get; }

    internal static VirtualServiceIndex Build(MeshInputs inputs)
    {
        var resolved = ((IEnumerable<VirtualServiceConfig>)ConfigOrder.Of<VirtualServiceConfig>(inputs.Configs))
            .Select(v => ShortNames.Resolve(v, inputs.Domain))
            .ToEquatableArray();
        var all = DelegateMerge.Merge(resolved, inputs.Mesh.DefaultVirtualServiceExportTo);
        var byGateway = all
            .SelectMany(v => v.Gateways.Distinct().Select(g => (Gateway: g, Config: v)))
            .GroupBy(p => p.Gateway)
            .ToFrozenDictionary(g => g.Key, g => g.Select(p => p.Config).ToEquatableArray());
        return new(all, byGateway, inputs.Mesh.DefaultVirtualServiceExportTo);
    }

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
            if (!Visibility.IsVisible(config.ExportTo, _defaultExportTo, config.Meta.Namespace, @namespace))
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
}
