using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>The table of <c>proxy-config eds</c>: endpoints as EDS told them, from a dump that was made with <c>include_eds</c>.</summary>
/// <remarks>The filter's address is compared with `address:port`, as istioctl does here and only here.</remarks>
public static class AssignmentTable
{
    /// <summary>One row per endpoint, in the order of clusters.</summary>
    public static string Render(ConfigDump dump, EndpointFilter filter)
    {
        ArgumentNullException.ThrowIfNull(dump);
        TextTable table = new(5, "NAME", "STATUS", "LOCALITY", "CLUSTER");
        Add(table, dump, filter, "");
        return table.ToString();
    }

    /// <summary>The assignments of which an endpoint is selected, whole, as protobuf JSON.</summary>
    public static string RenderJson(ConfigDump dump, EndpointFilter filter)
    {
        ArgumentNullException.ThrowIfNull(dump);
        return ProtoJson.Print(Sorted(dump).Where(assignment =>
            Endpoints(assignment).Any(endpoint => Selects(filter, assignment, endpoint.Endpoint))));
    }

    internal static void Add(TextTable table, ConfigDump dump, EndpointFilter filter, string prefix)
    {
        foreach (JsonObject assignment in Sorted(dump))
        {
            foreach (var (locality, endpoint) in Endpoints(assignment).Where(entry => Selects(filter, assignment, entry.Endpoint)))
            {
                table.Add(prefix + Name(endpoint), Status(endpoint), locality, assignment.Text("clusterName"));
            }
        }
    }

    private static IEnumerable<JsonObject> Sorted(ConfigDump dump) => dump.Assignments()
        .Select(assignment => (Assignment: assignment, Parts: Parts(assignment.Text("clusterName"))))
        .OrderBy(entry => entry.Parts.Fqdn, StringComparer.Ordinal).ThenBy(entry => entry.Parts.Subset, StringComparer.Ordinal)
        .ThenBy(entry => entry.Parts.Port).ThenBy(entry => entry.Parts.Direction, StringComparer.Ordinal)
        .Select(entry => entry.Assignment);

    private static (string Fqdn, string Subset, int Port, string Direction) Parts(string cluster) =>
        cluster.Split('|', 4) is [var direction, var port, var subset, var fqdn]
            ? (fqdn, subset, int.TryParse(port, out int number) ? number : 0, direction)
            : (cluster, "", 0, "");

    private static IEnumerable<(string Locality, JsonObject Endpoint)> Endpoints(JsonObject assignment) =>
        from part in assignment.Objects("endpoints")
        from endpoint in part.Objects("lbEndpoints")
        select (Locality(part.Object("locality")), endpoint);

    private static string Locality(JsonObject? locality) => locality is null
        ? ""
        : string.Join('/', new[] { locality.Text("region"), locality.Text("zone"), locality.Text("subZone") }.Where(part => part.Length > 0));

    private static bool Selects(EndpointFilter filter, JsonObject assignment, JsonObject endpoint) =>
        IsAny(filter.Cluster, assignment.Text("clusterName")) && IsAny(filter.Address, Name(endpoint)) && IsAny(filter.Status, Status(endpoint))
        && (filter.Port == 0 || EndpointTable.Port(endpoint.Object("endpoint") ?? []) == filter.Port);

    private static bool IsAny(string? wanted, string value) => string.IsNullOrEmpty(wanted) || string.Equals(wanted, value, StringComparison.OrdinalIgnoreCase);

    private static string Name(JsonObject endpoint)
    {
        JsonObject host = endpoint.Object("endpoint") ?? [];
        string name = EndpointTable.Host(host);
        return EndpointTable.Port(host) is > 0 and int port ? $"{name}:{port}"
            : name.StartsWith("unix://", StringComparison.Ordinal) ? name["unix://".Length..] : name;
    }

    private static string Status(JsonObject endpoint) => endpoint.Text("healthStatus") is { Length: > 0 } status ? status : "UNKNOWN";
}
