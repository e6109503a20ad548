using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>Which endpoints <c>proxy-config endpoint</c> shows; a null or empty criterion selects all, several are ANDed.</summary>
/// <param name="Address">The address without port, ignoring case.</param>
/// <param name="Port">The port; 0 selects all.</param>
/// <param name="Cluster">The whole cluster name, ignoring case.</param>
/// <param name="Status">The health status, ignoring case.</param>
public sealed record EndpointFilter(string? Address = null, int Port = 0, string? Cluster = null, string? Status = null)
{
    internal bool Selects(JsonObject cluster, JsonObject host) =>
        (string.IsNullOrEmpty(Cluster) || string.Equals(cluster.Text("name"), Cluster, StringComparison.OrdinalIgnoreCase))
        && (string.IsNullOrEmpty(Address) || string.Equals(EndpointTable.Host(host), Address, StringComparison.OrdinalIgnoreCase))
        && (Port == 0 || EndpointTable.Port(host) == Port)
        && (string.IsNullOrEmpty(Status) || string.Equals(EndpointTable.Status(host), Status, StringComparison.OrdinalIgnoreCase));
}

/// <summary>The table of <c>proxy-config endpoint</c>, from the proxy's <c>/clusters?format=json</c>.</summary>
public static class EndpointTable
{
    /// <summary>One row per endpoint and cluster, sorted by address, port and cluster.</summary>
    /// <exception cref="InvalidDataException">The text is not an answer of <c>/clusters?format=json</c>.</exception>
    public static string Render(string clusters, EndpointFilter filter)
    {
        TextTable table = new(5, "ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER");
        var rows = Statuses(clusters).SelectMany(c => c.Objects("hostStatuses").Where(h => filter.Selects(c, h)).Select(h => (Cluster: c.Text("name"), Host: h)))
            .OrderBy(r => Host(r.Host), StringComparer.Ordinal).ThenBy(r => Port(r.Host)).ThenBy(r => r.Cluster, StringComparer.Ordinal);
        foreach (var (cluster, host) in rows)
        {
            bool ejected = host.Object("healthStatus")?.Text("failedOutlierCheck") == "true";
            table.Add(Endpoint(host), Status(host), ejected ? "FAILED" : "OK", cluster);
        }

        return table.ToString();
    }

    /// <summary>The clusters of which a host is selected, whole, as protobuf JSON.</summary>
    /// <exception cref="InvalidDataException">The text is not an answer of <c>/clusters?format=json</c>.</exception>
    public static string RenderJson(string clusters, EndpointFilter filter) =>
        ProtoJson.Print(Statuses(clusters).Where(c => c.Objects("hostStatuses").Any(h => filter.Selects(c, h))));

    /// <summary>The endpoints of one cluster that have an address and port.</summary>
    internal static IEnumerable<Trace.TracedEndpoint> Of(string clusters, string cluster) =>
        from host in Statuses(clusters).Where(c => c.Text("name") == cluster).SelectMany(c => c.Objects("hostStatuses"))
        where System.Net.IPAddress.TryParse(Host(host), out _)
        let ejected = host.Object("healthStatus")?.Text("failedOutlierCheck") == "true"
        select new Trace.TracedEndpoint(new System.Net.IPEndPoint(System.Net.IPAddress.Parse(Host(host)), Port(host)), ejected ? "EJECTED" : Status(host));

    internal static string Host(JsonObject host)
    {
        JsonObject address = host.Object("address") ?? [];
        return address.Object("socketAddress")?.Text("address")
            ?? (address.Object("pipe") is { } pipe ? "unix://" + pipe.Text("path") : null)
            ?? (address.Object("envoyInternalAddress") is { } inner ? $"envoy://{inner.Text("serverListenerName")}/{inner.Text("endpointId")}" : "unknown");
    }

    internal static int Port(JsonObject host) => host.Object("address")?.Object("socketAddress")?.Number("portValue") ?? 0;

    internal static string Status(JsonObject host) => host.Object("healthStatus")?.Text("edsHealthStatus") is { Length: > 0 } status ? status : "UNKNOWN";

    private static string Endpoint(JsonObject host) => Port(host) is > 0 and int port ? $"{Host(host)}:{port}" : Host(host);

    private static IEnumerable<JsonObject> Statuses(string clusters)
    {
        try
        {
            return JsonNode.Parse(clusters) is JsonObject root ? root.Objects("clusterStatuses") : throw new JsonException("not an object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"error unmarshalling clusters response from Envoy: {e.Message}", e);
        }
    }
}
