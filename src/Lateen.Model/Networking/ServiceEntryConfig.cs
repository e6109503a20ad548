namespace Lateen.Model.Networking;

/// <summary>Whether a ServiceEntry is part of the mesh.</summary>
public enum ServiceEntryLocation
{
    MeshExternal,
    MeshInternal,
}

/// <summary>How the proxy finds the endpoints of a ServiceEntry.</summary>
public enum ServiceEntryResolution
{
    None,
    Static,
    Dns,
    DnsRoundRobin,
}

/// <summary>Istio's ServiceEntry: a service that Kubernetes does not know.</summary>
public sealed record ServiceEntryConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public EquatableArray<string> Hosts { get; init; }

    /// <summary>IP addresses or CIDR ranges.</summary>
    public EquatableArray<string> Addresses { get; init; }

    public EquatableArray<GatewayPort> Ports { get; init; }

    public ServiceEntryLocation Location { get; init; }

    public ServiceEntryResolution Resolution { get; init; }

    public EquatableArray<WorkloadEntrySpec> Endpoints { get; init; }

    public WorkloadSelector? WorkloadSelector { get; init; }

    public EquatableArray<string> ExportTo { get; init; }

    public EquatableArray<string> SubjectAltNames { get; init; }
}

/// <summary>An endpoint as ServiceEntry and WorkloadEntry write it.</summary>
public sealed record WorkloadEntrySpec
{
    /// <summary>IP address, host name, or `unix:///path`.</summary>
    public string Address { get; init; } = "";

    /// <summary>Port numbers by service port name.</summary>
    public EquatableMap<string, int> Ports { get; init; } = EquatableMap<string, int>.Empty;

    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    public string Network { get; init; } = "";

    /// <summary>`region/zone/subzone`.</summary>
    public string Locality { get; init; } = "";

    public uint Weight { get; init; }

    public string ServiceAccount { get; init; } = "";
}

/// <summary>Istio's WorkloadEntry: one machine outside of Kubernetes.</summary>
public sealed record WorkloadEntryConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    public required WorkloadEntrySpec Spec { get; init; }

    /// <summary>From its status conditions; false = it is not used.</summary>
    public bool Healthy { get; init; } = true;
}

/// <summary>Istio's WorkloadGroup: a template for WorkloadEntries.</summary>
public sealed record WorkloadGroupConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    /// <summary>Labels and annotations of the entries that it makes.</summary>
    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableMap<string, string> Annotations { get; init; } = EquatableMap<string, string>.Empty;

    public WorkloadEntrySpec Template { get; init; } = new();

    /// <summary>The readiness probe as JSON; null = none.</summary>
    public string? ProbeJson { get; init; }
}
