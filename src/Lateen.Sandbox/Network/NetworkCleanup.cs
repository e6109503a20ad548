using System.Globalization;

namespace Lateen.Sandbox.Network;

/// <summary>Removes everything of a mesh from the machine, found by name and not by memory, so that it also works after kill -9.</summary>
internal sealed class NetworkCleanup(NetworkOptions options, ICommandRunner runner)
{
    private const string NamespaceFolder = "/run/netns";

    /// <summary>The mesh's network namespaces that exist now.</summary>
    public IReadOnlyList<string> Namespaces() => Directory.Exists(NamespaceFolder)
        ? [.. Directory.EnumerateFiles(NamespaceFolder).Select(path => Path.GetFileName(path)).Where(IsOurs).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Ends the processes in the mesh's namespaces, then removes the namespaces, veths, routes and left-over mounts.</summary>
    /// <param name="home">The state folder, for mounts below it.</param>
    /// <returns>What was removed, one line each; empty when nothing was there.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(string home, CancellationToken cancellation)
    {
        List<string> removed = [];
        IReadOnlyList<string> namespaces = Namespaces();
        foreach (string ns in namespaces)
        {
            removed.AddRange(await KillAsync(ns, cancellation));
        }

        foreach (string ns in namespaces)
        {
            await runner.RunAsync(new Command("ip", "netns", "del", ns), cancellation);
            removed.Add($"network namespace {ns}");
        }

        CommandResult link = await runner.RunAsync(new Command("ip", "link", "del", options.HostInterface), cancellation);
        if (link.ExitCode == 0)
        {
            removed.Add($"interface {options.HostInterface}");
        }

        foreach (string mount in MountsBelow(home, await File.ReadAllTextAsync("/proc/self/mountinfo", cancellation)))
        {
            await runner.RunAsync(new Command("umount", "-l", mount), cancellation);
            removed.Add($"mount {mount}");
        }

        return removed;
    }

    /// <summary>The mount points below a folder, innermost first (proc_pid_mountinfo(5), field 5).</summary>
    internal static IReadOnlyList<string> MountsBelow(string folder, string mountInfo)
    {
        string prefix = folder.TrimEnd('/') + "/";
        return [.. mountInfo.Split('\n')
            .Select(line => line.Split(' '))
            .Where(fields => fields.Length > 4)
            .Select(fields => fields[4].Replace("\\040", " ", StringComparison.Ordinal))
            .Where(mount => mount.StartsWith(prefix, StringComparison.Ordinal))
            .OrderByDescending(mount => mount.Length)];
    }

    private bool IsOurs(string ns) =>
        ns == options.NodeNamespace || ns.StartsWith(options.PodNamespacePrefix, StringComparison.Ordinal);

    private async Task<List<string>> KillAsync(string ns, CancellationToken cancellation)
    {
        List<string> killed = [];
        // A process may fork while we look: repeat until none is left.
        for (int round = 0; round < 5; round++)
        {
            CommandResult found = await runner.RunAsync(new Command("ip", "netns", "pids", ns), cancellation);
            string[] pids = found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (pids.Length == 0)
            {
                break;
            }

            foreach (string pid in pids)
            {
                killed.Add($"process {int.Parse(pid, CultureInfo.InvariantCulture)} in {ns}");
            }

            await runner.RunAsync(new Command("kill", ["-KILL", .. pids]), cancellation);
        }

        return killed;
    }
}
