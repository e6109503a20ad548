using System.CommandLine;
using System.Reflection;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Injection.Yaml;
using Lateen.Inspection.Versions;

namespace Lateen.Cli.Commands.Version;

/// <summary><c>lateen version</c>: the release of this program, of the control plane and of the connected proxies.</summary>
internal static class VersionCommand
{
    public static Command Create(ClusterOptions cluster)
    {
        Option<bool> remote = new("--remote") { Description = "Ask the cluster for its versions", DefaultValueFactory = _ => true };
        Option<bool> brief = new("--short", "-s") { Description = "One line for each part; false prints everything", DefaultValueFactory = _ => true };
        Option<string?> output = new("--output", "-o") { Description = "yaml or json" };
        Command command = new("version", "Prints out build version information") { remote, brief, output };
        command.SetAction(async (line, cancellation) =>
        {
            string? format = line.GetValue(output);
            if (format is not (null or "" or "json" or "yaml"))
            {
                throw new CommandException("--output must be 'yaml' or 'json'");
            }

            VersionReport report = new(Client(), [], []);
            try
            {
                report = line.GetValue(remote) ? await AskAsync(cluster, line, cancellation) : report;
            }
            catch (Exception e) when (e is CommandException or KubeConfigException or KubernetesApiException)
            {
                // Without a cluster the program's own version is still an answer.
                await Console.Error.WriteLineAsync(e.Message);
            }

            await Console.Out.WriteAsync(format switch
            {
                "json" => report.RenderJson(),
                "yaml" => YamlWriter.Write(report.ToJson()),
                _ => line.GetValue(brief) ? report.Render() : report.RenderJson(),
            });
        });
        return command;
    }

    private static async Task<VersionReport> AskAsync(ClusterOptions cluster, ParseResult line, CancellationToken cancellation)
    {
        using ClusterAccess access = cluster.Open(line);
        ResourceList pods = await access.Client.ListAsync(ResourceTypes.Pods, new ObjectSelector(access.IstioNamespace, "app=istiod"), cancellation);
        IReadOnlyDictionary<string, string> versions = await access.ControlPlanePagesAsync("version", cancellation);
        IReadOnlyDictionary<string, string> proxies = await access.ControlPlanePagesAsync("debug/syncz", cancellation);
        return new VersionReport(
            Client(),
            [.. pods.Items.Where(pod => versions.ContainsKey(pod.Name())).Select(pod => new ControlPlaneVersion(
                Label(pod, "istio", "pilot"), Label(pod, "istio.io/rev", "default"), versions[pod.Name()].Trim()))],
            [.. proxies.Values.SelectMany(VersionReport.ProxiesOf)]);
    }

    private static string Label(JsonObject pod, string name, string otherwise) => pod.Labels().Text(name) is { Length: > 0 } value ? value : otherwise;

    private static string Client() =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
