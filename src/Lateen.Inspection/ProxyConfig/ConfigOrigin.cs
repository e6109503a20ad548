using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>Which object of the user's an Envoy resource was made from, as its <c>istio.config</c> metadata tells.</summary>
internal static class ConfigOrigin
{
    private const string PathPrefix = "/apis/networking.istio.io/v1alpha3/namespaces/";

    /// <summary>The object where it is one of a kind; null where it is of another or not told.</summary>
    /// <param name="kind">`virtual-service`, `destination-rule`.</param>
    public static (string Namespace, string Name)? Find(JsonObject resource, string kind) =>
        PathOf(resource).Split('/') is ["", "apis", "networking.istio.io", _, "namespaces", var ns, var own, var name] && own == kind ? (ns, name) : null;

    /// <summary><c>name.namespace</c>; empty where there is no such metadata, <c>&lt;unknown&gt;</c> where its path has another form.</summary>
    public static string Of(JsonObject resource)
    {
        string path = PathOf(resource);
        if (path.Length == 0)
        {
            return "";
        }

        if (!path.StartsWith(PathPrefix, StringComparison.Ordinal))
        {
            return "<unknown>";
        }

        string[] segments = path[PathPrefix.Length..].Split('/');
        return segments.Length == 3 ? $"{segments[2]}.{segments[0]}" : "";
    }

    private static string PathOf(JsonObject resource) => resource.Object("metadata")?.Object("filterMetadata")?.Object("istio")?.Text("config") ?? "";
}
