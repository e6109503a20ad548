using Lateen.Model.Workloads;

namespace Lateen.Model.Services;

/// <summary>Whether an endpoint gets traffic.</summary>
public enum EndpointHealth
{
    Healthy,
    Unhealthy,

    /// <summary>Terminating: only used for sessions that stick to it.</summary>
    Draining,
}

/// <summary>An address at which one port of a service is served.</summary>
public sealed record Endpoint
{
    /// <summary>An IP address, a host name (ServiceEntry DNS) or `/path` of a Unix socket.</summary>
    public required string Address { get; init; }

    /// <summary>The port of the workload; 0 for a Unix socket.</summary>
    public int Port { get; init; }

    /// <summary>Which of the service's ports it serves.</summary>
    public string ServicePortName { get; init; } = "";

    /// <summary>The labels of the workload: subsets choose by them.</summary>
    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>The SPIFFE id that the workload shows; empty when unknown.</summary>
    public string ServiceAccount { get; init; } = "";

    /// <summary>`istio` when the workload can do mutual TLS of the mesh, else `disabled` or empty.</summary>
    public string TlsMode { get; init; } = "";

    public string Network { get; init; } = "";

    public string ClusterId { get; init; } = "";

    public Locality Locality { get; init; } = Locality.None;

    /// <summary>Load balancing weight; 0 means 1.</summary>
    public uint Weight { get; init; }

    public EndpointHealth Health { get; init; }

    /// <summary>The name of the workload (Deployment and the like).</summary>
    public string WorkloadName { get; init; } = "";

    public string Namespace { get; init; } = "";

    /// <summary>The Kubernetes node that the pod runs on.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>The pod's hostname and subdomain, for DNS names of headless services.</summary>
    public string HostName { get; init; } = "";

    public string Subdomain { get; init; } = "";
}
