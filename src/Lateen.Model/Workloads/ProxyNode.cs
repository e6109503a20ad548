using Lateen.Model.Mesh;

namespace Lateen.Model.Workloads;

/// <summary>What a proxy is for.</summary>
public enum ProxyType
{
    Sidecar,

    /// <summary>A gateway.</summary>
    Router,
    Waypoint,
    Ztunnel,
}

/// <summary>How traffic reaches a sidecar.</summary>
public enum InterceptionMode
{
    Redirect,
    Tproxy,

    /// <summary>Nothing is captured: listeners are bound to their ports.</summary>
    None,
}

/// <summary>A proxy that asked for configuration: what it said of itself, and the workload that it was recognised as.</summary>
public sealed record ProxyNode
{
    /// <summary>`pod.namespace`.</summary>
    public required string Id { get; init; }

    public ProxyType Type { get; init; }

    /// <summary>Its addresses, the primary first; at least one.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary>For instance `default.svc.cluster.local`.</summary>
    public string DnsDomain { get; init; } = "";

    /// <summary>The namespace whose configuration it gets.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The workload's labels (of the pod, else of the metadata).</summary>
    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>Node metadata; the value of an entry that is not text is its JSON.</summary>
    public EquatableMap<string, string> Metadata { get; init; } = EquatableMap<string, string>.Empty;

    public Locality Locality { get; init; } = Locality.None;

    public string Network { get; init; } = "";

    public string ClusterId { get; init; } = "";

    /// <summary>For instance `1.19.3`; empty is treated as the newest.</summary>
    public string IstioVersion { get; init; } = "";

    public InterceptionMode InterceptionMode { get; init; }

    /// <summary>The ProxyConfig that the agent runs with; null means the mesh's.</summary>
    public ProxyConfig? ProxyConfig { get; init; }

    /// <summary>The ports that the pod declares, for named target ports.</summary>
    public EquatableArray<ContainerPort> PodPorts { get; init; }

    public string ServiceAccount { get; init; } = "";

    /// <summary>Envoy's node.cluster.</summary>
    public string Cluster { get; init; } = "";

    public string NodeName { get; init; } = "";

    /// <summary>The primary address, or empty.</summary>
    public string Address => Addresses.IsEmpty ? "" : Addresses[0];

    /// <summary>The only networks whose endpoints it wants (metadata REQUESTED_NETWORK_VIEW); empty = all.</summary>
    public EquatableArray<string> NetworkView { get; init; }

    /// <summary>Whether endpoints of a network are for this proxy; an unknown network is every network.</summary>
    public bool SeesNetwork(string network) =>
        NetworkView.IsEmpty || network.Length == 0 || NetworkView.Any(n => n.Length == 0 || n == network);

    /// <summary>`cluster.local` of `default.svc.cluster.local`.</summary>
    public string ClusterDomain
    {
        get
        {
            var at = DnsDomain.IndexOf(".svc.", StringComparison.Ordinal);
            return at < 0 ? DnsDomain : DnsDomain[(at + 5)..];
        }
    }
}
