namespace Lateen.Sandbox.Kubelet;

/// <summary>What the kubelet's streaming endpoint needs from the node: the inside of its pods.</summary>
/// <remarks>
/// Implementations answer for pods that run on this node only and throw <see cref="ContainerAccessException"/> for what does
/// not exist. All members may be called from many threads.
/// </remarks>
public interface IContainerAccess
{
    /// <summary>Starts a further process inside a running container, in all its namespaces and with its user and environment.</summary>
    Task<IContainerProcess> ExecAsync(ContainerId container, ExecRequest request, CancellationToken cancel);

    /// <summary>Joins the streams of the container's own first process (kubectl attach).</summary>
    /// <remarks>A node that keeps no such streams may refuse, or serve new output only, with an input that takes nothing.</remarks>
    Task<IContainerProcess> AttachAsync(ContainerId container, ExecRequest request, CancellationToken cancel);

    /// <summary>The log of the container's present run, or of the one before it.</summary>
    /// <exception cref="ContainerAccessException">There was no such run.</exception>
    Task<IContainerLog> OpenLogAsync(ContainerId container, bool previous, CancellationToken cancel);

    /// <summary>A connection to 127.0.0.1:<paramref name="port"/> as seen inside the pod's network namespace.</summary>
    Task<Stream> DialAsync(PodId pod, int port, CancellationToken cancel);
}

/// <summary>A pod of this node; <paramref name="Uid"/> is null when the caller only knows the name.</summary>
public readonly record struct PodId(string Namespace, string Name, string? Uid = null);

/// <summary>A container (init containers included) of a pod of this node.</summary>
public readonly record struct ContainerId(PodId Pod, string Container);

/// <summary>What to run, and which of its streams the caller wants.</summary>
/// <param name="Command">The program and its arguments; empty for attach.</param>
/// <param name="Terminal">Run under a pseudo terminal: one output stream, sizes may follow.</param>
public sealed record ExecRequest(IReadOnlyList<string> Command, bool Stdin, bool Stdout, bool Stderr, bool Terminal);

/// <summary>A process inside a container, with its streams. Disposing it ends the process if it still runs.</summary>
public interface IContainerProcess : IAsyncDisposable
{
    /// <summary>The process's input; null when not asked for. Disposing it is end of file.</summary>
    Stream? Stdin { get; }

    /// <summary>The process's output (with a terminal: everything); null when not asked for.</summary>
    Stream? Stdout { get; }

    /// <summary>The process's errors; null with a terminal or when not asked for.</summary>
    Stream? Stderr { get; }

    /// <summary>Tells the terminal its size in characters; ignored without one.</summary>
    void Resize(int columns, int rows);

    /// <summary>The exit code, 128 + signal when a signal ended the process. Ends when the process has ended.</summary>
    Task<int> WaitAsync(CancellationToken cancel);
}

/// <summary>A container's log: a file of lines, each beginning with its time.</summary>
/// <remarks>
/// The format is the container runtimes': <c>2023-10-11T06:33:42.123456789Z stdout F text</c> (Kubernetes CRI logging), one entry
/// per line; the third field is P when the line goes on in the next entry, F when it is whole.
/// </remarks>
public interface IContainerLog
{
    /// <summary>The file to read from its beginning.</summary>
    string Path { get; }

    /// <summary>Ends when the container has ended and nothing more will be appended.</summary>
    Task Ended { get; }
}

/// <summary>The pod, container, run or port does not exist or can not be reached now.</summary>
public sealed class ContainerAccessException(string message, bool notFound) : Exception(message)
{
    /// <summary>True: it does not exist (404). False: it can not be reached now (500).</summary>
    public bool NotFound { get; } = notFound;
}
