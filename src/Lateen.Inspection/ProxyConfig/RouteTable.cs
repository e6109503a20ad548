using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Lateen.Inspection.Tables;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>The table of <c>proxy-config route</c>.</summary>
public static class RouteTable
{
    /// <summary>One row per route of each virtual host, except routes to the PassthroughCluster.</summary>
    /// <param name="dump">The proxy's configuration.</param>
    /// <param name="name">The route configuration to show; null or empty shows all.</param>
    /// <param name="verbose">False prints the number of virtual hosts instead of their routes.</param>
    /// <param name="prefix">What stands before each name.</param>
    public static string Render(ConfigDump dump, string? name, bool verbose = true, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(dump);
        IEnumerable<JsonObject> configs = Selected(dump, name);
        if (!verbose)
        {
            TextTable summary = new(5, "NAME", "VIRTUAL HOSTS");
            foreach (JsonObject config in configs)
            {
                summary.Add(prefix + config.Text("name"), $"{config.Objects("virtualHosts").Count()}");
            }

            return summary.ToString();
        }

        TextTable table = new(5, "NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE");
        foreach (JsonObject config in configs)
        {
            foreach (JsonObject host in config.Objects("virtualHosts"))
            {
                AddRows(table, prefix + config.Text("name"), host);
            }
        }

        return table.ToString();
    }

    /// <summary>The selected route configurations as protobuf JSON.</summary>
    public static string RenderJson(ConfigDump dump, string? name) => ProtoJson.Print(Selected(dump, name));

    /// <summary>
    /// A virtual host's domains in short: those with a port and those that only add <c>.svc</c> or <c>.svc.cluster.local</c> to
    /// another one are left out; past two, the rest is counted.
    /// </summary>
    public static string Domains(IReadOnlyList<string> domains)
    {
        ArgumentNullException.ThrowIfNull(domains);
        if (domains.Count == 1)
        {
            return domains[0];
        }

        HashSet<string> all = [.. domains];
        string[] shown = [.. domains.Where(d => !HasPort(d) && !IsLongForm(d, all))];
        return shown.Length > 2 ? $"{shown[0]}, {shown[1]} + {shown.Length - 2} more..." : string.Join(", ", shown);
    }

    private static void AddRows(TextTable table, string name, JsonObject host)
    {
        string hostName = host.Text("name");
        string domains = Domains(host.Texts("domains"));
        JsonObject[] routes = [.. host.Objects("routes")];
        foreach (JsonObject route in routes)
        {
            if (route.Object("route")?.Text("cluster") != "PassthroughCluster")
            {
                table.Add(name, hostName, domains, RouteMatchText.Of(route), ConfigOrigin.Of(route));
            }
        }

        if (routes.Length == 0)
        {
            table.Add(name, hostName, domains, "/*", "404");
        }
    }

    private static IEnumerable<JsonObject> Selected(ConfigDump dump, string? name)
    {
        List<JsonObject> configs = [.. dump.Routes()];
        SortNumericNames(configs);
        return configs.Where(c => string.IsNullOrEmpty(name) || c.Text("name") == name);
    }

    /// <summary>Numeric names move before adjacent larger numbers; all others keep the order of the dump.</summary>
    private static void SortNumericNames(List<JsonObject> configs)
    {
        for (int i = 1; i < configs.Count; i++)
        {
            for (int j = i; j > 0 && Number(configs[j]) is { } second && Number(configs[j - 1]) is { } first && second < first; j--)
            {
                (configs[j - 1], configs[j]) = (configs[j], configs[j - 1]);
            }
        }
    }

    private static int? Number(JsonObject config) =>
        int.TryParse(config.Text("name"), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static bool HasPort(string domain)
    {
        int colon = domain.LastIndexOf(':');
        return colon >= 0 && !(IPAddress.TryParse(domain, out _) && !domain.Contains("]:", StringComparison.Ordinal));
    }

    private static bool IsLongForm(string domain, HashSet<string> all) =>
        Stripped(domain, ".svc.cluster.local") is { } a && all.Contains(a) || Stripped(domain, ".svc") is { } b && all.Contains(b);

    private static string? Stripped(string domain, string suffix) =>
        domain.EndsWith(suffix, StringComparison.Ordinal) ? domain[..^suffix.Length] : null;
}
