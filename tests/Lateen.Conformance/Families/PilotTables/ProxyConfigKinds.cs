using System.Text.Json.Nodes;
using Lateen.Injection.Config;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>What a proxy runs with: the mesh's ProxyConfig, resources of that kind and a pod's annotation.</summary>
internal static class ProxyConfigKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["proxyconfig-merge"] = c => KindChecks.Compare(
            c.Expected!["expected"], Over(c.Inputs["second"] as JsonObject, c.Inputs["first"] as JsonObject)),
        ["proxyconfig-effective"] = Effective,
    };

    /// <summary>The first of the table's two wins, as a pod's annotation does over the mesh's.</summary>
    private static JsonObject Over(JsonObject? below, JsonObject? given) =>
        Mesh(below).ForPod([], given?.ToJsonString());

    private static CaseResult Effective(ConformanceCase c)
    {
        var proxy = c.Inputs["proxy"] as JsonObject ?? [];
        var mesh = Mesh(c.Inputs["defaultConfig"] as JsonObject);
        var resources = ProxyConfigResources.For(
            [.. (c.Inputs["configs"] as JsonArray ?? []).OfType<JsonObject>()],
            mesh.RootNamespace,
            (string?)proxy["NAMESPACE"] ?? "",
            proxy["LABELS"]);
        var actual = mesh.ForPod(resources, (string?)proxy["ANNOTATIONS"]?["proxy.istio.io/config"]);
        return KindChecks.Compare(c.Expected!["expected"], actual);
    }

    private static MeshSettings Mesh(JsonObject? proxyConfig) =>
        MeshSettings.Exactly(new JsonObject { ["defaultConfig"] = proxyConfig?.DeepClone() ?? new JsonObject() });
}
