using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyStatus;

/// <summary>The table of <c>proxy-status</c>: for each proxy and xDS type, whether it runs what it was last sent.</summary>
public static class ProxyStatusTable
{
    /// <summary>
    /// Renders the answers of <c>/debug/syncz</c>, keyed by the name of the control-plane pod that gave each. Rows are sorted by
    /// cluster, then proxy.
    /// </summary>
    /// <exception cref="InvalidDataException">An answer is not a list of proxies; the message names the pod.</exception>
    public static string Render(IReadOnlyDictionary<string, string> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        TextTable table = new(5, "NAME", "CLUSTER", "CDS", "LDS", "EDS", "RDS", "ECDS", "ISTIOD", "VERSION");
        var rows = answers.SelectMany(answer => Parse(answer.Key, answer.Value).Select(proxy => (Istiod: answer.Key, Proxy: proxy)))
            .OrderBy(row => Text(row.Proxy, "cluster_id"), StringComparer.Ordinal)
            .ThenBy(row => Text(row.Proxy, "proxy"), StringComparer.Ordinal);
        foreach (var (istiod, proxy) in rows)
        {
            bool ztunnel = Text(proxy, "proxy_type") == "ztunnel";
            string istioVersion = Text(proxy, "istio_version");
            table.Add(
                Text(proxy, "proxy"),
                Text(proxy, "cluster_id"),
                Cell(proxy, "cluster", ztunnel),
                Cell(proxy, "listener", ztunnel),
                Cell(proxy, "endpoint", ztunnel),
                Cell(proxy, "route", ztunnel),
                Cell(proxy, "extensionconfig", ztunnel),
                istiod,
                istioVersion.Length > 0 ? istioVersion : Text(proxy, "proxy_version") + "*");
        }

        return table.ToString();
    }

    private static IEnumerable<JsonObject> Parse(string istiod, string answer)
    {
        try
        {
            if (JsonNode.Parse(answer) is JsonArray list && list.All(item => item is JsonObject))
            {
                return list.Select(item => (JsonObject)item!);
            }
        }
        catch (JsonException)
        {
            // Falls through to the error that names the pod.
        }

        throw new InvalidDataException($"{istiod} did not answer /debug/syncz with a list of proxies, but with: {Start(answer)}");
    }

    private static string Cell(JsonObject proxy, string type, bool ztunnel)
    {
        string sent = Text(proxy, type + "_sent");
        string acked = Text(proxy, type + "_acked");
        return (sent, acked) switch
        {
            ("", _) => ztunnel ? "IGNORED" : "NOT SENT",
            _ when sent == acked => "SYNCED",
            (_, "") => "STALE (Never Acknowledged)",
            _ => "STALE",
        };
    }

    private static string Text(JsonObject proxy, string key) => proxy[key] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static string Start(string answer) => answer.Length <= 80 ? answer : answer[..80] + "…";
}
