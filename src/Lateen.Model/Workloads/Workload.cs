namespace Lateen.Model.Workloads;

/// <summary>A running instance (a pod, or a WorkloadEntry's machine) as selectors see it.</summary>
public sealed record Workload
{
    public required string Name { get; init; }

    public required string Namespace { get; init; }

    public string Uid { get; init; } = "";

    /// <summary>The addresses, the primary first; empty while it has none.</summary>
    public EquatableArray<string> Addresses { get; init; }

    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableMap<string, string> Annotations { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<ContainerPort> Ports { get; init; }

    /// <summary>The Kubernetes ServiceAccount's name.</summary>
    public string ServiceAccount { get; init; } = "";

    public string NodeName { get; init; } = "";

    public Locality Locality { get; init; } = Locality.None;

    public string Network { get; init; } = "";

    public string ClusterId { get; init; } = "";

    /// <summary>The name of what made it (Deployment, ...).</summary>
    public string WorkloadName { get; init; } = "";

    /// <summary>The kind of what made it, for instance `Deployment`.</summary>
    public string WorkloadKind { get; init; } = "";

    /// <summary>Whether it is ready to serve.</summary>
    public bool Ready { get; init; }

    public string Hostname { get; init; } = "";

    public string Subdomain { get; init; } = "";
}

/// <summary>A port that a container declares.</summary>
public sealed record ContainerPort(string Name, int Number, string Transport = "TCP");
