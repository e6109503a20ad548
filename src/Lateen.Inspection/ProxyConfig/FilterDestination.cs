using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>Where a filter chain sends what it matches, in the words of <c>proxy-config listener</c>.</summary>
internal static class FilterDestination
{
    private const string HttpConnectionManager = "envoy.filters.network.http_connection_manager";
    private const string TcpProxy = "envoy.filters.network.tcp_proxy";

    public static bool IsHttp(JsonObject filter) => filter.Text("name") == HttpConnectionManager;

    /// <summary>A tcp_proxy; one that only drops (BlackHoleCluster) does not count.</summary>
    public static bool IsTcp(JsonObject filter) =>
        filter.Text("name") == TcpProxy && filter.Object("typedConfig")?.Text("cluster") != "BlackHoleCluster";

    public static string Of(JsonObject chain)
    {
        foreach (JsonObject filter in chain.Objects("filters"))
        {
            JsonObject config = filter.Object("typedConfig") ?? [];
            if (IsHttp(filter))
            {
                return config.Object("routeConfig") is { } inline ? Inline(inline)
                    : config.Object("rds") is { } rds ? "Route: " + rds.Text("routeConfigName") : "HTTP";
            }

            if (IsTcp(filter))
            {
                return Cluster(config.Text("cluster"));
            }
        }

        return "Non-HTTP/Non-TCP";
    }

    private static string Inline(JsonObject config)
    {
        JsonObject[] hosts = [.. config.Objects("virtualHosts")];
        return MatchAllCluster(hosts) is { } cluster ? Cluster(cluster) : "Inline Route: " + string.Join("; ", hosts.Select(Host));
    }

    private static string? MatchAllCluster(JsonObject[] hosts)
    {
        if (hosts is not [var host] || host.Texts("domains") is not ["*"])
        {
            return null;
        }

        JsonObject[] routes = [.. host.Objects("routes")];
        return routes is [var route] && route.Object("match")?.Text("prefix") == "/" && route.Object("route")?.Text("cluster") is { Length: > 0 } cluster
            ? cluster
            : null;
    }

    private static string Host(JsonObject host)
    {
        string matches = string.Join(", ", host.Objects("routes").Select(RouteMatchText.Of));
        return host.Texts("domains") is ["*"] ? matches : string.Join("/", host.Texts("domains")) + " " + matches;
    }

    private static string Cluster(string name) => name.Contains("Cluster", StringComparison.Ordinal) ? name : "Cluster: " + name;
}
