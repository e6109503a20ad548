using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Up;

/// <summary>What a sandbox is: its names and addresses, where its state is, and where its programs are.</summary>
public sealed record SandboxOptions
{
    /// <summary>The state folder: store, keys, kubeconfig, log, pods. Default /var/lib/lateen.</summary>
    public string Home { get; init; } = "/var/lib/lateen";

    /// <summary>The mesh's name and addresses.</summary>
    public NetworkOptions Network { get; init; } = new();

    /// <summary>The API server's port on 127.0.0.1; 0 takes a free one. Default 6443.</summary>
    public int ApiPort { get; init; } = 6443;

    /// <summary>The folder with lateen, lateend and lateen-agent.</summary>
    public required string Programs { get; init; }

    /// <summary>The file to give to kubectl.</summary>
    public string KubeConfig => Path.Combine(Home, "kubeconfig");

    /// <summary>The daemon's log.</summary>
    public string LogFile => Path.Combine(Home, "sandbox.log");

    /// <summary>The file that says which process the daemon is.</summary>
    public string PidFile => Path.Combine(Home, "sandbox.pid");
}
