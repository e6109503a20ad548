using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>What a proxy's own configuration tells of the resources that it was made from.</summary>
internal static class ProxyEvidence
{
    private const string Domain = "svc.cluster.local";

    public static string HostOf(JsonObject service) => $"{service.Name()}.{service.Space()}.{Domain}";

    /// <summary>The DestinationRule of the clusters for one port of a service, that of any subset.</summary>
    public static (string Namespace, string Name)? DestinationRule(ConfigDump dump, JsonObject service, int port)
    {
        string host = HostOf(service);
        return Any(dump.Clusters)
            .Where(cluster => cluster.Text("name").Split('|') is ["outbound", var number, _, var name] && number == $"{port}" && name == host)
            .Select(cluster => ConfigOrigin.Find(cluster, "destination-rule"))
            .FirstOrDefault(rule => rule is not null);
    }

    /// <summary>The VirtualService of the first route to one port of a service.</summary>
    public static (string Namespace, string Name)? VirtualService(ConfigDump dump, JsonObject service, int port)
    {
        string host = HostOf(service);
        foreach (JsonObject config in Any(dump.Routes).Where(config => IsOfPort(config.Text("name"), host, port)))
        {
            foreach (JsonObject virtualHost in config.Objects("virtualHosts"))
            {
                bool isHost = virtualHost.Texts("domains").Any(domain => domain == host || domain == $"{host}:{port}");
                if (virtualHost.Objects("routes").FirstOrDefault(route => isHost || LeadsTo(route, host, port)) is { } route)
                {
                    return ConfigOrigin.Find(route, "virtual-service");
                }
            }
        }

        return null;
    }

    /// <summary>The names of the policies in the first inbound HTTP chain.</summary>
    public static IReadOnlyList<string> Policies(ConfigDump dump)
    {
        IEnumerable<JsonObject> filters = Any(dump.Listeners)
            .Where(listener => listener.Text("name") == "virtualInbound")
            .SelectMany(listener => listener.Objects("filterChains"))
            .SelectMany(chain => chain.Objects("filters"))
            .Select(filter => filter.Object("typedConfig"))
            .FirstOrDefault(config => config?.Field("httpFilters") is not null)?.Objects("httpFilters") ?? [];
        JsonObject? policies = filters.FirstOrDefault(filter => filter.Text("name") == "envoy.filters.http.rbac")?.At("typedConfig", "rules", "policies");
        return [.. (policies ?? []).Select(policy => policy.Key)];
    }

    // A proxy that was told nothing of a kind yet leaves no evidence.
    private static IReadOnlyList<JsonObject> Any(Func<IReadOnlyList<JsonObject>> section)
    {
        try
        {
            return section();
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    // Routes of sidecars are named by port, those of a port whose protocol is sniffed by host and port, those of gateways http.… and https.….
    private static bool IsOfPort(string name, string host, int port) =>
        name == $"{port}" || name == $"{host}:{port}" || name.StartsWith("http.", StringComparison.Ordinal) || name.StartsWith("https.", StringComparison.Ordinal);

    private static bool LeadsTo(JsonObject route, string host, int port)
    {
        JsonObject? action = route.Object("route");
        string cluster = action?.At("weightedClusters")?.Objects("clusters").FirstOrDefault()?.Text("name") ?? action?.Text("cluster") ?? "";
        return cluster.Split('|') is ["outbound", var number, _, var name] && number == $"{port}" && name == host;
    }
}
