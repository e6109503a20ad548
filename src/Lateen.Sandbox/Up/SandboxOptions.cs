using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Up;

/// <summary>What a mesh on one machine is: its names and addresses, and where its state and programs are.</summary>
public sealed record SandboxOptions
{
    /// <summary>The state folder; made when absent, emptied of what is ours by <c>lateen down</c>. Default /var/lib/lateen.</summary>
    public required string Home { get; init; }

    /// <summary>The folder that holds lateen, lateend and lateen-agent.</summary>
    public required string Programs { get; init; }

    /// <summary>The mesh's names and addresses.</summary>
    public NetworkOptions Network { get; init; } = new();

    /// <summary>The port of the API endpoint on 127.0.0.1; 0 takes a free one.</summary>
    public int ApiPort { get; init; }

    /// <summary>Which gateways are brought up beside the control plane.</summary>
    public SandboxProfile Profile { get; init; } = SandboxProfile.Default;

    /// <summary>What kubectl needs to find the mesh.</summary>
    public string Kubeconfig => Path.Combine(Home, "kubeconfig");

    /// <summary>The daemon's log.</summary>
    public string Log => Path.Combine(Home, "sandbox.log");

    /// <summary>The daemon's process id.</summary>
    internal string ProcessFile => Path.Combine(Home, "sandbox.pid");

    /// <summary>The API endpoint's store, certificates and keys.</summary>
    internal string ApiFolder => Path.Combine(Home, "api");

    /// <summary>The pods' folders.</summary>
    internal string PodsFolder => Path.Combine(Home, "pods");
}
