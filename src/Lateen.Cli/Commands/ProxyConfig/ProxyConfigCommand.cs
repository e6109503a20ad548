using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Cli.Commands.ProxyConfig;

/// <summary><c>lateen proxy-config</c>: what a proxy was told, as tables or as protobuf JSON.</summary>
internal static class ProxyConfigCommand
{
    public static Command Create(ClusterOptions cluster) => new("proxy-config", "Retrieve information about proxy configuration")
    {
        Aliases = { "pc" },
        Subcommands =
        {
            Clusters(cluster), Listeners(cluster), Routes(cluster), Endpoints(cluster),
            ProxyDumpCommands.Assignments(cluster), ProxyDumpCommands.Secrets(cluster), ProxyDumpCommands.Bootstrap(cluster),
            ProxyDumpCommands.Extensions(cluster), ProxyDumpCommands.All(cluster), ProxyLogCommand.Create(cluster), RootCompareCommand.Create(cluster),
        },
    };

    private static Command Clusters(ClusterOptions cluster)
    {
        Option<string?> fqdn = new("--fqdn") { Description = "Filter clusters by a substring of the service FQDN" };
        Option<int> port = new("--port") { Description = "Filter clusters by port" };
        Option<string?> subset = new("--subset") { Description = "Filter clusters by a substring of the subset" };
        Option<string?> direction = new("--direction") { Description = "Filter clusters by direction: inbound or outbound" };
        ProxyPageCommand verb = new("cluster", "Retrieves the clusters of a proxy", "config_dump", cluster);
        return verb.Build(["clusters", "c"], [fqdn, port, subset, direction], (line, text, json) =>
        {
            ClusterFilter filter = new(line.GetValue(fqdn), line.GetValue(port), line.GetValue(subset), line.GetValue(direction));
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? ClusterTable.RenderJson(dump, filter) : ClusterTable.Render(dump, filter);
        });
    }

    private static Command Listeners(ClusterOptions cluster)
    {
        Option<string?> address = new("--address") { Description = "Filter listeners by address" };
        Option<int> port = new("--port") { Description = "Filter listeners by port" };
        Option<string?> type = new("--type") { Description = "Filter listeners by type: HTTP, TCP, HTTP+TCP or UNKNOWN" };
        Option<bool> verbose = Verbose();
        ProxyPageCommand verb = new("listener", "Retrieves the listeners of a proxy", "config_dump", cluster);
        return verb.Build(["listeners", "l"], [address, port, type, verbose], (line, text, json) =>
        {
            ListenerFilter filter = new(line.GetValue(address), line.GetValue(port), line.GetValue(type));
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? ListenerTable.RenderJson(dump, filter) : ListenerTable.Render(dump, filter, line.GetValue(verbose));
        });
    }

    private static Command Routes(ClusterOptions cluster)
    {
        Option<string?> name = new("--name") { Description = "Filter route configurations by name" };
        Option<bool> verbose = Verbose();
        ProxyPageCommand verb = new("route", "Retrieves the routes of a proxy", "config_dump", cluster);
        return verb.Build(["routes", "r"], [name, verbose], (line, text, json) =>
        {
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? RouteTable.RenderJson(dump, line.GetValue(name)) : RouteTable.Render(dump, line.GetValue(name), line.GetValue(verbose));
        });
    }

    private static Command Endpoints(ClusterOptions cluster)
    {
        Option<string?> address = new("--address") { Description = "Filter endpoints by address" };
        Option<int> port = new("--port") { Description = "Filter endpoints by port" };
        Option<string?> name = new("--cluster") { Description = "Filter endpoints by cluster name" };
        Option<string?> status = new("--status") { Description = "Filter endpoints by health status" };
        ProxyPageCommand verb = new("endpoint", "Retrieves the endpoints of a proxy", "clusters?format=json", cluster, noun: "endpoints");
        return verb.Build(["endpoints", "ep"], [address, port, name, status], (line, text, json) =>
        {
            EndpointFilter filter = new(line.GetValue(address), line.GetValue(port), line.GetValue(name), line.GetValue(status));
            return json ? EndpointTable.RenderJson(text, filter) : EndpointTable.Render(text, filter);
        });
    }

    internal static Option<bool> Verbose() => new("--verbose") { Description = "Print one row per filter chain or route", DefaultValueFactory = _ => true };
}
