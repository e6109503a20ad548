namespace Lateen.Sandbox.Node;

/// <summary>Where a container stands.</summary>
internal enum ContainerPhase
{
    /// <summary>It does not run now, and will.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ended.</summary>
    Terminated,
}

/// <summary>How a container's process ended.</summary>
internal sealed record Termination(int ExitCode, string Reason, string Message, DateTimeOffset StartedAt, DateTimeOffset FinishedAt, string ContainerId);

/// <summary>A container's state at one moment, as its pod's status will show it.</summary>
internal sealed record ContainerState(string Name, string Image, bool IsInit, bool IsSidecar)
{
    public ContainerPhase Phase { get; init; } = ContainerPhase.Waiting;

    /// <summary>Why it waits.</summary>
    public string Reason { get; init; } = "ContainerCreating";

    /// <summary>What a person may want to know about the reason.</summary>
    public string Message { get; init; } = "";

    public DateTimeOffset StartedAt { get; init; }

    public string ContainerId { get; init; } = "";

    /// <summary>How it ended, when it did.</summary>
    public Termination? Ended { get; init; }

    /// <summary>How the attempt before this one ended.</summary>
    public Termination? Last { get; init; }

    public int RestartCount { get; init; }

    /// <summary>Its startup probe succeeded, or it has none.</summary>
    public bool Started { get; init; }

    /// <summary>Its readiness probe succeeded last, or it has none.</summary>
    public bool Ready { get; init; }
}
