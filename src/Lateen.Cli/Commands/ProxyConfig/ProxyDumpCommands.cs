using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Cli.Commands.ProxyConfig;

/// <summary>The verbs that show other sections of a proxy's dump: <c>eds</c>, <c>secret</c>, <c>bootstrap</c>, <c>ecds</c>, and <c>all</c>.</summary>
internal static class ProxyDumpCommands
{
    private const string WithEndpoints = "config_dump?include_eds=true";

    public static Command Assignments(ClusterOptions cluster)
    {
        Option<string?> address = new("--address") { Description = "Filter endpoints by address:port" };
        Option<int> port = new("--port") { Description = "Filter endpoints by port" };
        Option<string?> name = new("--cluster") { Description = "Filter endpoints by cluster name" };
        Option<string?> status = new("--status") { Description = "Filter endpoints by health status" };
        ProxyPageCommand verb = new("eds", "Retrieves the endpoints of a proxy as EDS told them", WithEndpoints, cluster);
        Command command = verb.Build([], [address, port, name, status], (line, text, json) =>
        {
            EndpointFilter filter = new(line.GetValue(address), line.GetValue(port), line.GetValue(name), line.GetValue(status));
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? AssignmentTable.RenderJson(dump, filter) : AssignmentTable.Render(dump, filter);
        });
        command.Hidden = true;
        return command;
    }

    public static Command Secrets(ClusterOptions cluster) =>
        new ProxyPageCommand("secret", "Retrieves the secrets of a proxy", "config_dump", cluster).Build(["secrets", "s"], [], (_, text, json) =>
        {
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? SecretTable.RenderJson(dump) : SecretTable.Render(dump, TimeProvider.System.GetUtcNow());
        });

    public static Command Bootstrap(ClusterOptions cluster) =>
        new ProxyPageCommand("bootstrap", "Retrieves the bootstrap of a proxy", "config_dump", cluster, "json").Build(["b"], [], (_, text, json) =>
        {
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? BootstrapTable.RenderJson(dump) : BootstrapTable.Render(dump);
        });

    public static Command Extensions(ClusterOptions cluster) =>
        new ProxyPageCommand("ecds", "Retrieves the filters of a proxy that came by ECDS", "config_dump", cluster).Build(["ec"], [], (_, text, json) =>
        {
            ConfigDump dump = ConfigDump.Parse(text);
            return json ? dump.Print("EcdsConfigDump") : ExtensionTable.Render(dump);
        });

    public static Command All(ClusterOptions cluster)
    {
        Option<string?> fqdn = new("--fqdn") { Description = "Filter clusters by a substring of the service FQDN" };
        Option<string?> subset = new("--subset") { Description = "Filter clusters by a substring of the subset" };
        Option<string?> direction = new("--direction") { Description = "Filter clusters by direction: inbound or outbound" };
        Option<string?> address = new("--address") { Description = "Filter listeners and endpoints by address" };
        Option<int> port = new("--port") { Description = "Filter clusters, listeners and endpoints by port" };
        Option<string?> type = new("--type") { Description = "Filter listeners by type: HTTP, TCP, HTTP+TCP or UNKNOWN" };
        Option<string?> name = new("--name") { Description = "Filter route configurations by name" };
        Option<bool> verbose = ProxyConfigCommand.Verbose();
        ProxyPageCommand verb = new("all", "Retrieves all configuration of a proxy", WithEndpoints, cluster);
        return verb.Build(["a"], [fqdn, subset, direction, address, port, type, name, verbose], (line, text, json) =>
        {
            WholeFilter filter = new(
                new ClusterFilter(line.GetValue(fqdn), line.GetValue(port), line.GetValue(subset), line.GetValue(direction)),
                new ListenerFilter(line.GetValue(address), line.GetValue(port), line.GetValue(type)),
                line.GetValue(name),
                new EndpointFilter(line.GetValue(address), line.GetValue(port)),
                line.GetValue(verbose));
            if (json)
            {
                return text;
            }

            // What is there is shown before the first part that is not ends the verb.
            foreach (string table in WholeTable.Render(ConfigDump.Parse(text), filter, TimeProvider.System.GetUtcNow()))
            {
                Console.Out.Write(table);
            }

            return "";
        });
    }
}
