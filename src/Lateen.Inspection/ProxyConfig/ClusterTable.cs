using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>Which clusters <c>proxy-config cluster</c> shows; a null or empty criterion selects all, several are ANDed.</summary>
/// <param name="Fqdn">Part of the cluster's name.</param>
/// <param name="Port">The port between bars in the name; 0 selects all.</param>
/// <param name="Subset">Part of the cluster's name.</param>
/// <param name="Direction">Part of the cluster's name: inbound or outbound.</param>
public sealed record ClusterFilter(string? Fqdn = null, int Port = 0, string? Subset = null, string? Direction = null)
{
    internal bool Selects(JsonObject cluster)
    {
        string name = cluster.Text("name");
        return Contains(name, Fqdn) && Contains(name, Subset) && Contains(name, Direction)
            && (Port == 0 || name.Contains($"|{Port}|", StringComparison.Ordinal));
    }

    private static bool Contains(string name, string? part) => string.IsNullOrEmpty(part) || name.Contains(part, StringComparison.Ordinal);
}

/// <summary>The table of <c>proxy-config cluster</c>.</summary>
public static class ClusterTable
{
    /// <summary>One row per cluster, sorted by FQDN, subset, port and direction in byte order.</summary>
    /// <param name="dump">The proxy's configuration.</param>
    /// <param name="filter">Which clusters.</param>
    /// <param name="isPart">The table is one of several: a first column NAME tells the kind and the name.</param>
    public static string Render(ConfigDump dump, ClusterFilter filter, bool isPart = false)
    {
        ArgumentNullException.ThrowIfNull(dump);
        string[] named = isPart ? ["NAME"] : [];
        TextTable table = new(5, [.. named, "SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"]);
        foreach (Row row in dump.Clusters().Where(filter.Selects).Select(ToRow)
            .OrderBy(r => r.Fqdn, StringComparer.Ordinal).ThenBy(r => r.Subset, StringComparer.Ordinal)
            .ThenBy(r => r.Port).ThenBy(r => r.Direction, StringComparer.Ordinal))
        {
            string[] name = isPart ? [$"cluster/{row.Name}"] : [];
            table.Add([.. name, row.Fqdn, row.Port < 0 ? "-" : $"{row.Port}", row.Subset, row.Direction, row.Type, row.Origin]);
        }

        return table.ToString();
    }

    /// <summary>The selected clusters as protobuf JSON.</summary>
    public static string RenderJson(ConfigDump dump, ClusterFilter filter)
    {
        ArgumentNullException.ThrowIfNull(dump);
        return ProtoJson.Print(dump.Clusters().Where(filter.Selects));
    }

    private static Row ToRow(JsonObject cluster)
    {
        string name = cluster.Text("name");
        string type = cluster.Text("type") is { Length: > 0 } known ? known : "STATIC";
        string[] parts = name.Split('|', 4);
        return parts.Length < 4
            ? new Row(name, name, -1, "-", "-", type, ConfigOrigin.Of(cluster))
            : new Row(name, parts[3], int.TryParse(parts[1], out int port) ? port : 0, parts[2].Length > 0 ? parts[2] : "-", parts[0], type, ConfigOrigin.Of(cluster));
    }

    private sealed record Row(string Name, string Fqdn, int Port, string Subset, string Direction, string Type, string Origin);
}
