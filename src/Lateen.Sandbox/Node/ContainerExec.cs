using System.Globalization;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>The command of the host that runs a further process inside a container.</summary>
internal static class ContainerExec
{
    /// <param name="pid">The container's first process.</param>
    /// <param name="plan">What the container was started from: identity and variables.</param>
    /// <param name="command">What to run.</param>
    public static Command CommandFor(int pid, ContainerPlan plan, IReadOnlyList<string> command) => new(
        "nsenter",
        [
            "--target", pid.ToString(CultureInfo.InvariantCulture), "--mount", "--net", "--pid", "--uts", "--ipc", "--root", "--wd", "--",
            "/bin/sh", "-c", $"exec {LaunchScript.Become(plan)} \"$@\"", "sh", .. command,
        ]);
}
