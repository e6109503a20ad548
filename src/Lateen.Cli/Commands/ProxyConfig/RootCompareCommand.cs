using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Cli.Commands.ProxyConfig;

/// <summary><c>lateen proxy-config rootca-compare</c>: whether two proxies trust the same roots, without which they can not speak to each other.</summary>
internal static class RootCompareCommand
{
    public static Command Create(ClusterOptions cluster)
    {
        Argument<string[]> pods = new("pod") { Arity = ArgumentArity.ZeroOrMore, Description = "Two pods, POD[.NAMESPACE] or deployment/NAME[.NAMESPACE]" };
        Command command = new("rootca-compare", "Compare ROOTCA values of two pods") { Aliases = { "rc" }, Arguments = { pods } };
        command.SetAction(async (line, cancellation) =>
        {
            if (line.GetValue(pods) is not [var first, var second])
            {
                throw new CommandException("rootca-compare requires 2 pods as an argument");
            }

            using ClusterAccess access = cluster.Open(line);
            (string one, string roots) = await RootsAsync(access, first, cancellation);
            (string other, string others) = await RootsAsync(access, second, cancellation);
            if (roots != others)
            {
                throw new CommandException($"Both [{one}] and [{other}] have the non identical ROOTCA, theoretically the connectivity between them is unavailable");
            }

            await Console.Error.WriteLineAsync($"Both [{one}] and [{other}] have the identical ROOTCA, theoretically the connectivity between them is available");
        });
        return command;
    }

    private static async Task<(string Pod, string Roots)> RootsAsync(ClusterAccess access, string pod, CancellationToken cancellation)
    {
        ObjectKey key = await access.PodAsync(pod, cancellation);
        string roots = SecretTable.RootsOf(ConfigDump.Parse(await access.AdminPageAsync(key, "GET", "config_dump", cancellation)));
        return roots.Length > 0 ? ($"{key.Name}.{key.Namespace}", roots.Trim()) : throw new CommandException($"{key.Name}.{key.Namespace} has no ROOTCA");
    }
}
