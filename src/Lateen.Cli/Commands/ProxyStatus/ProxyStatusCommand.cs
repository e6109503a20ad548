using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Inspection.ProxyStatus;

namespace Lateen.Cli.Commands.ProxyStatus;

/// <summary><c>lateen proxy-status</c>: whether each proxy runs what the control plane last sent it.</summary>
internal static class ProxyStatusCommand
{
    public static Command Create(ClusterOptions cluster)
    {
        Command command = new("proxy-status", "Retrieves the synchronization status of each proxy in the mesh") { Aliases = { "ps" } };
        command.SetAction(async (line, cancellation) =>
        {
            using ClusterAccess access = cluster.Open(line);
            await Console.Out.WriteAsync(ProxyStatusTable.Render(await access.ControlPlanePagesAsync("debug/syncz", cancellation)));
        });
        return command;
    }
}
