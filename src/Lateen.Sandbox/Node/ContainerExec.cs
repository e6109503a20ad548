using System.Globalization;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>The command of the host that runs a further process inside a container.</summary>
internal static class ContainerExec
{
    /// <param name="pid">The container's first process.</param>
    /// <param name="plan">What the container was started from: identity and variables.</param>
    /// <param name="command">What to run.</param>
    /// <param name="terminal">
    /// Whether its standard input becomes its controlling terminal. The session is begun inside the container: a shell's job
    /// control needs a session leader that its pid namespace knows.
    /// </param>
    public static Command CommandFor(int pid, ContainerPlan plan, IReadOnlyList<string> command, bool terminal = false) => new(
        "nsenter",
        [
            "--target", pid.ToString(CultureInfo.InvariantCulture), "--mount", "--net", "--pid", "--uts", "--ipc", "--root", "--wd", "--",
            "/bin/sh", "-c", $"exec {(terminal ? "setsid --ctty --wait " : "")}{LaunchScript.Become(plan)} \"$@\"", "sh", .. command,
        ]);
}
