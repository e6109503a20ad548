using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyStatus;

/// <summary>One proxy as CSDS tells of it.</summary>
/// <param name="States">By type (`cds`, `lds`, …), the state's name; a type that is not told of is missing.</param>
public sealed record XdsStatusRow(string Proxy, string Cluster, IReadOnlyDictionary<string, string> States, string Istiod, string Version)
{
    private static readonly Dictionary<string, string> ShortNames = new(StringComparer.Ordinal)
    {
        ["envoy.config.cluster.v3.Cluster"] = "cds",
        ["envoy.config.listener.v3.Listener"] = "lds",
        ["envoy.config.endpoint.v3.ClusterLoadAssignment"] = "eds",
        ["envoy.config.route.v3.RouteConfiguration"] = "rds",
        ["envoy.config.core.v3.TypedExtensionConfig"] = "ecds",
    };

    /// <summary>Reads a ClientConfig in protobuf JSON.</summary>
    /// <param name="istiod">Who told of it.</param>
    public static XdsStatusRow Of(JsonObject config, string istiod)
    {
        ArgumentNullException.ThrowIfNull(config);
        JsonObject node = config.Object("node") ?? [];
        Dictionary<string, string> states = [];
        foreach (JsonObject type in config.Objects("genericXdsConfigs"))
        {
            string url = type.Text("typeUrl");
            if (ShortNames.TryGetValue(url[(url.LastIndexOf('/') + 1)..], out string? name))
            {
                // The default of the enumeration is left out of JSON.
                states[name] = type.Text("configStatus") is { Length: > 0 } state and not "UNKNOWN" ? state : "IGNORED";
            }
        }

        return new XdsStatusRow(node.Text("id"), node.Object("metadata")?.Text("CLUSTER_ID") ?? "", states, istiod, node.Object("metadata")?.Text("ISTIO_VERSION") ?? "");
    }
}

/// <summary>The table of <c>x proxy-status</c>; its cells are the names of CSDS.</summary>
public static class XdsStatusTable
{
    private static readonly string[] Types = ["cds", "lds", "eds", "rds", "ecds"];

    /// <summary>Renders rows sorted by proxy.</summary>
    public static string Render(IEnumerable<XdsStatusRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        TextTable table = new(5, "NAME", "CLUSTER", "CDS", "LDS", "EDS", "RDS", "ECDS", "ISTIOD", "VERSION");
        foreach (XdsStatusRow row in rows.OrderBy(row => row.Proxy, StringComparer.Ordinal))
        {
            table.Add([row.Proxy, row.Cluster, .. Types.Select(type => row.States.GetValueOrDefault(type, "")), row.Istiod, row.Version]);
        }

        return table.ToString();
    }
}
