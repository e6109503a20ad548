namespace Lateen.Sandbox.Node;

/// <summary>A path of the host that a container sees.</summary>
/// <param name="Source">The file or folder on the host.</param>
/// <param name="Target">Where the container has it.</param>
/// <param name="ReadOnly">Whether it can not write there.</param>
internal sealed record MountPlan(string Source, string Target, bool ReadOnly);

/// <summary>Who a container's process is.</summary>
/// <param name="User">Its uid.</param>
/// <param name="Group">Its gid.</param>
/// <param name="Groups">Its other groups.</param>
/// <param name="Capabilities">What it may have at most, in lower case without CAP_; null for all (privileged).</param>
/// <param name="NoNewPrivileges">Whether programs it starts may gain none.</param>
internal sealed record ProcessIdentity(
    long User, long Group, IReadOnlyList<long> Groups, IReadOnlyList<string>? Capabilities, bool NoNewPrivileges);

/// <summary>Everything that a container's start needs, decided.</summary>
internal sealed record ContainerPlan
{
    /// <summary>Its folder on the host: script and logs.</summary>
    public required string Folder { get; init; }

    /// <summary>The pod's network namespace.</summary>
    public required string NetworkNamespace { get; init; }

    /// <summary>Its host name.</summary>
    public required string Hostname { get; init; }

    /// <summary>Shell lines that make its root look like the image's.</summary>
    public required string Preparation { get; init; }

    /// <summary>Paths of the host that it must not see.</summary>
    public required IReadOnlyList<string> Hidden { get; init; }

    /// <summary>Its volumes and files.</summary>
    public required IReadOnlyList<MountPlan> Mounts { get; init; }

    /// <summary>Its variables, in order.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>Program and arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where it starts.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Who it is.</summary>
    public required ProcessIdentity Identity { get; init; }

    /// <summary>Whether it can not write outside its volumes.</summary>
    public required bool ReadOnlyRoot { get; init; }

    /// <summary>The log file of this attempt.</summary>
    public required string LogFile { get; init; }
}
