using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Cli.Commands.ProxyConfig;

/// <summary><c>lateen proxy-config log</c>: shows and sets the log levels of one or several proxies.</summary>
internal static class ProxyLogCommand
{
    private const string DefaultLevel = "warning";

    public static Command Create(ClusterOptions cluster)
    {
        Argument<string?> pod = new("pod") { Arity = ArgumentArity.ZeroOrOne, Description = "POD[.NAMESPACE] or deployment/NAME[.NAMESPACE]" };
        Option<string?> level = new("--level") { Description = "Comma list of LEVEL, LOGGER:LEVEL and LOGGER=LEVEL; levels are trace, debug, info, warning, error, critical, off" };
        Option<bool> reset = new("--reset", "-r") { Description = "Reset levels to what proxies are installed with" };
        Option<string?> selector = new("--selector", "-l") { Description = "Label selector of the pods" };
        Option<string> output = new("--output", "-o") { Description = "Has no effect", DefaultValueFactory = _ => "short" };
        Command command = new("log", "Retrieves or updates the log levels of a proxy") { pod, level, reset, selector, output };
        command.Aliases.Add("o");
        command.SetAction(async (line, cancellation) =>
        {
            if (line.GetValue(pod) is null && string.IsNullOrEmpty(line.GetValue(selector)))
            {
                throw new CommandException("log requires pod name or --selector");
            }

            if (line.GetValue(reset) && line.GetValue(level) is not null)
            {
                throw new CommandException("--level cannot be combined with --reset");
            }

            using ClusterAccess access = cluster.Open(line);
            string? wanted = line.GetValue(reset) ? await InstalledLevelAsync(access, cancellation) : line.GetValue(level);
            foreach (ObjectKey key in await PodsAsync(access, line.GetValue(pod), line.GetValue(selector), cancellation))
            {
                string answer = await access.AdminPageAsync(key, "POST", "logging", cancellation);
                foreach (string request in LogLevels.Requests(wanted ?? "", answer))
                {
                    answer = await access.AdminPageAsync(key, "POST", request, cancellation);
                }

                await Console.Out.WriteLineAsync($"{key.Name}.{key.Namespace}:\n{answer.TrimEnd('\n')}\n");
            }
        });
        return command;
    }

    private static async Task<IReadOnlyList<ObjectKey>> PodsAsync(ClusterAccess access, string? pod, string? selector, CancellationToken cancellation)
    {
        if (pod is not null)
        {
            return [await access.PodAsync(pod, cancellation)];
        }

        ResourceList pods = await access.Client.ListAsync(ResourceTypes.Pods, new ObjectSelector(access.Namespace, selector!), cancellation);
        return pods.Items.Count > 0 ? [.. pods.Items.Select(ObjectKey.Of)] : throw new CommandException("no pods found");
    }

    // What the injector gives to new sidecars.
    private static async Task<string> InstalledLevelAsync(ClusterAccess access, CancellationToken cancellation)
    {
        JsonObject? map = await access.Client.FindAsync(ResourceTypes.ConfigMaps, access.IstioNamespace, "istio-sidecar-injector", cancellation);
        try
        {
            string values = map is null ? "" : map.Text("data", "values");
            return values.Length > 0 && JsonNode.Parse(values).Text("global", "proxy", "logLevel") is { Length: > 0 } level ? level : DefaultLevel;
        }
        catch (JsonException)
        {
            return DefaultLevel;
        }
    }
}
