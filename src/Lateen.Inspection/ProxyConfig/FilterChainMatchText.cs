using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>How a filter chain's match is written in tables; source ranges, source type and suffix length are not shown.</summary>
internal static class FilterChainMatchText
{
    private static readonly Dictionary<string, string> WellKnownApplications = new(StringComparer.Ordinal)
    {
        ["http/1.0,http/1.1,h2c"] = "HTTP",
        ["istio,istio-http/1.0,istio-http/1.1,istio-h2"] = "Istio HTTP Plain",
        ["http/1.0,http/1.1,h2c,istio-http/1.0,istio-http/1.1,istio-h2"] = "HTTP TLS",
        ["istio-peer-exchange,istio"] = "TCP TLS",
    };

    /// <summary>The criteria joined by <c>; </c>, or <c>ALL</c>.</summary>
    public static string Of(JsonObject? match)
    {
        if (match is null)
        {
            return "ALL";
        }

        List<string> parts = [];
        if (match.Texts("serverNames") is { Count: > 0 } names)
        {
            parts.Add("SNI: " + string.Join(",", names));
        }

        if (match.Text("transportProtocol") is { Length: > 0 } transport)
        {
            parts.Add("Trans: " + transport);
        }

        if (match.Texts("applicationProtocols") is { Count: > 0 } applications)
        {
            string list = string.Join(",", applications);
            parts.Add("App: " + WellKnownApplications.GetValueOrDefault(list, list));
        }

        string port = match.Field("destinationPort") is { } value ? $":{value}" : "";
        string[] ranges = [.. match.Objects("prefixRanges").Select(r => $"{r.Text("addressPrefix")}/{r.Number("prefixLen")}")];
        if (ranges.Length > 0)
        {
            parts.Add("Addr: " + string.Join(",", ranges) + port);
        }
        else if (port.Length > 0)
        {
            parts.Add("Addr: *" + port);
        }

        return parts.Count > 0 ? string.Join("; ", parts) : "ALL";
    }
}
