namespace Lateen.Config.Sources.Kubernetes;

/// <summary>A command to run in a container.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container; null for the pod's first.</param>
/// <param name="Command">The program and its arguments.</param>
/// <param name="Terminal">Whether it gets a terminal; then stderr comes on stdout.</param>
public sealed record ExecRequest(ObjectKey Pod, string? Container, IReadOnlyList<string> Command, bool Terminal = false);

/// <summary>Where the command's input comes from and its output goes.</summary>
/// <param name="Input">Its input; null for none.</param>
/// <param name="Output">Where its output goes.</param>
/// <param name="Error">Where its error output goes.</param>
public sealed record ExecStreams(Stream? Input, Stream Output, Stream Error);

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit status; 0 is success.</param>
/// <param name="Message">What the server says about a failure.</param>
public sealed record ExecResult(int ExitCode, string Message);
