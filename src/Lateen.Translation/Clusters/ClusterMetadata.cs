using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model.Services;

namespace Lateen.Translation.Clusters;

/// <summary>The `istio` metadata of clusters: which services, subset and rule they stand for. Metrics and CLIs read it.</summary>
internal static class ClusterMetadata
{
    public static Metadata Of(OutboundTarget target)
    {
        var metadata = new Metadata();
        var istio = ConfigReference.Istio(metadata);
        if (!target.RuleSources.IsEmpty)
        {
            ConfigReference.Add(metadata, target.RuleSources[0]);
        }

        if (target.Service.MeshExternal)
        {
            istio.Fields["external"] = Value.ForBool(true);
        }

        istio.Fields["default_original_port"] = Value.ForNumber(target.Port.Number);
        istio.Fields["services"] = Services([target.Service]);
        if (target.Subset is { } subset)
        {
            istio.Fields["subset"] = Value.ForString(subset.Name);
        }

        return metadata;
    }

    /// <summary>A list of `{host, name, namespace}`.</summary>
    public static Value Services(IEnumerable<Service> services) => Value.ForList(
        [.. services.Select(s => Value.ForStruct(Protobuf.StructOf(
            ("host", Value.ForString(s.Hostname)),
            ("name", Value.ForString(s.Name)),
            ("namespace", Value.ForString(s.Namespace)))))]);
}
