using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>What a node of the sandbox is made of.</summary>
public sealed record NodeOptions
{
    /// <summary>The name of the Node object. Default: the mesh's name.</summary>
    public required string Name { get; init; }

    /// <summary>The state folder; pods live in <c>pods/UID</c> below it.</summary>
    public required string Home { get; init; }

    /// <summary>The folder with lateend and lateen-agent; containers see it as /opt/lateen/bin.</summary>
    public required string Programs { get; init; }

    /// <summary>The mesh's names and addresses.</summary>
    public required NetworkOptions Network { get; init; }

    /// <summary>The DNS domain of the cluster. Default cluster.local.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>The folder of a pod.</summary>
    internal string PodFolder(string uid) => Path.Combine(Home, "pods", uid);
}
