using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>What a description is made from beside the pod: objects as the cluster has them.</summary>
/// <param name="Namespace">Whose names are written without their namespace.</param>
/// <param name="RootNamespace">The mesh's root namespace.</param>
/// <param name="IngressGateways">The running pods istio=ingressgateway with their configuration.</param>
/// <param name="ProtocolOf">The protocol of a Service's port, `HTTP`, as the mesh chooses it.</param>
public sealed record DescribedMesh(
    string Namespace,
    string RootNamespace,
    IReadOnlyList<JsonObject> Services,
    IReadOnlyList<JsonObject> DestinationRules,
    IReadOnlyList<JsonObject> VirtualServices,
    IReadOnlyList<JsonObject> PeerAuthentications,
    IReadOnlyList<(JsonObject Pod, ConfigDump Dump)> IngressGateways,
    Func<JsonObject, string> ProtocolOf)
{
    /// <summary>The lines between parts.</summary>
    internal const string Separator = "--------------------\n";

    /// <summary>`NAME`, with `.NAMESPACE` where that is not the current one.</summary>
    internal string NameOf(JsonObject item) => item.Space() == Namespace ? item.Name() : $"{item.Name()}.{item.Space()}";

    internal JsonObject? DestinationRule((string Namespace, string Name) key) => Find(DestinationRules, key);

    internal JsonObject? VirtualService((string Namespace, string Name) key) => Find(VirtualServices, key);

    private static JsonObject? Find(IReadOnlyList<JsonObject> items, (string Namespace, string Name) key) =>
        items.FirstOrDefault(item => item.Name() == key.Name && item.Space() == key.Namespace);
}
