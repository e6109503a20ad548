using System.Text;

namespace Lateen.Sandbox.Network;

/// <summary>Sets kernel parameters of one network namespace.</summary>
internal static class Sysctl
{
    /// <summary>Writes each value under /proc/sys/net of the namespace.</summary>
    /// <param name="ns">The network namespace's name.</param>
    /// <param name="values">Paths below /proc/sys/net, and values.</param>
    /// <exception cref="CommandException">A parameter does not exist or does not take the value.</exception>
    public static Task SetAsync(ICommandRunner runner, string ns, (string Path, string Value)[] values, CancellationToken cancellation)
    {
        StringBuilder script = new("set -e\n");
        foreach ((string path, string value) in values)
        {
            script.Append("echo ").Append(value).Append(" > /proc/sys/net/").Append(path).Append('\n');
        }

        return runner.RequireAsync(new Command("nsenter", $"--net=/run/netns/{ns}", "sh", "-c", script.ToString()), cancellation);
    }
}
