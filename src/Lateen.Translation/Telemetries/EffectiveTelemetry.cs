using Lateen.Model;
using Lateen.Model.Telemetry;

namespace Lateen.Translation.Telemetries;

/// <summary>The Telemetry resources that hold for a workload, from the widest to the narrowest; later ones override earlier ones.</summary>
/// <remarks>Istio, Telemetry: of the root namespace, the own namespace and the workload one resource each, the oldest.</remarks>
internal sealed record EffectiveTelemetry(EquatableArray<TelemetryConfig> Levels)
{
    public static EffectiveTelemetry Of(ProxyContext context)
    {
        var root = context.Mesh.RootNamespace;
        var own = context.Proxy.Namespace;
        TelemetryConfig? mesh = null;
        TelemetryConfig? ofNamespace = null;
        TelemetryConfig? workload = null;
        foreach (var config in context.Snapshot.Index.Telemetries)
        {
            var isSelective = config.Selector is { MatchLabels.IsEmpty: false };
            if (!isSelective && config.Meta.Namespace == root)
            {
                mesh ??= config;
            }
            else if (!isSelective && config.Meta.Namespace == own)
            {
                ofNamespace ??= config;
            }
            else if (isSelective && config.Meta.Namespace == own && config.Selector!.Matches(context.Proxy.Labels))
            {
                workload ??= config;
            }
        }

        return new(new[] { mesh, ofNamespace, workload }.OfType<TelemetryConfig>().ToEquatableArray());
    }
}
