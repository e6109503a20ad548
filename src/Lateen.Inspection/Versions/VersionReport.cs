using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lateen.Inspection.Versions;

/// <summary>One pod of the control plane.</summary>
/// <param name="Component">Its label istio, for instance `pilot`.</param>
public sealed record ControlPlaneVersion(string Component, string Revision, string Version);

/// <summary>One connected proxy.</summary>
/// <param name="Type">`sidecar` or `router`.</param>
public sealed record ProxyVersion(string Id, string Version, string Type);

/// <summary>What <c>version</c> prints: the client's version, and those of the control plane and the proxies.</summary>
public sealed record VersionReport(string Client, IReadOnlyList<ControlPlaneVersion> ControlPlane, IReadOnlyList<ProxyVersion> DataPlane)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Lines of versions; the client's alone where there is no control plane.</summary>
    public string Render()
    {
        if (ControlPlane.Count == 0)
        {
            return $"{Client}\n";
        }

        StringBuilder text = new($"client version: {Client}\n");
        string[] versions = [.. ControlPlane.Select(pod => pod.Version).Distinct()];
        foreach (ControlPlaneVersion pod in versions.Length == 1 ? [] : ControlPlane)
        {
            text.Append(pod.Component).Append(" version: ").Append(pod.Version).Append('\n');
        }

        if (versions.Length == 1)
        {
            text.Append("control plane version: ").Append(versions[0]).Append('\n');
        }

        var proxies = DataPlane.GroupBy(proxy => proxy.Version).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Key} ({group.Count()} proxies)").ToList();
        return text.Append("data plane version: ").Append(proxies.Count > 0 ? string.Join(", ", proxies) : "none").Append('\n').ToString();
    }

    /// <summary>One object with clientVersion, meshVersion and dataPlaneVersion.</summary>
    public JsonObject ToJson()
    {
        JsonObject report = new() { ["clientVersion"] = Info(Client) };
        if (ControlPlane.Count > 0)
        {
            report["meshVersion"] = new JsonArray([.. ControlPlane.Select(pod => (JsonNode)new JsonObject
            {
                ["Component"] = pod.Component, ["Revision"] = pod.Revision, ["Info"] = Info(pod.Version),
            })]);
        }

        if (DataPlane.Count > 0)
        {
            report["dataPlaneVersion"] = new JsonArray([.. DataPlane.Select(proxy => (JsonNode)new JsonObject
            {
                ["ID"] = proxy.Id, ["IstioVersion"] = proxy.Version, ["Type"] = proxy.Type == "router" ? "gateway" : proxy.Type,
            })]);
        }

        return report;
    }

    /// <summary>The same as text.</summary>
    public string RenderJson() => ToJson().ToJsonString(Indented) + "\n";

    /// <summary>The proxies of an answer of <c>/debug/syncz</c>.</summary>
    /// <exception cref="InvalidDataException">The text is no list of proxies.</exception>
    public static IReadOnlyList<ProxyVersion> ProxiesOf(string syncz)
    {
        try
        {
            return JsonNode.Parse(syncz) is JsonArray list
                ? [.. list.OfType<JsonObject>().Select(proxy => new ProxyVersion(Text(proxy, "proxy"), Text(proxy, "istio_version"), Text(proxy, "proxy_type")))]
                : throw new JsonException("not a list");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"the answer of /debug/syncz is no list of proxies: {e.Message}", e);
        }
    }

    private static JsonObject Info(string version) => new()
    {
        ["version"] = version, ["revision"] = "unknown", ["golang_version"] = "", ["status"] = "unknown", ["tag"] = "unknown",
    };

    private static string Text(JsonObject node, string key) => node[key] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
