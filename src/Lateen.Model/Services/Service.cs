namespace Lateen.Model.Services;

/// <summary>Where the addresses behind a service come from.</summary>
public enum Resolution
{
    /// <summary>The mesh knows the endpoints (Kubernetes services, ServiceEntry STATIC).</summary>
    Static,

    /// <summary>The proxy resolves host names and balances over all addresses (ServiceEntry DNS).</summary>
    Dns,

    /// <summary>The proxy resolves host names and uses one address at a time (ServiceEntry DNS_ROUND_ROBIN).</summary>
    DnsRoundRobin,

    /// <summary>The caller's destination address is used as it is (headless services, ServiceEntry NONE).</summary>
    Passthrough,

    /// <summary>Another name of a service (ExternalName).</summary>
    Alias,
}

/// <summary>Who told the mesh of a service or an endpoint.</summary>
public enum Registry
{
    Kubernetes,

    /// <summary>ServiceEntry and WorkloadEntry.</summary>
    External,
}

/// <summary>A name that can be called, with its ports. Endpoints are held beside it, so that they may change alone.</summary>
public sealed record Service
{
    /// <summary>The address of a service that has none: it listens on every address.</summary>
    public const string UnspecifiedAddress = "0.0.0.0";

    /// <summary>The full host name, for instance `web.default.svc.cluster.local`; a ServiceEntry may have a wildcard.</summary>
    public required string Hostname { get; init; }

    /// <summary>The short name (the Kubernetes Service's name, or the host of a ServiceEntry).</summary>
    public string Name { get; init; } = "";

    /// <summary>The namespace of the object that made it.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>Who told of it.</summary>
    public Registry Registry { get; init; }

    /// <summary>Virtual addresses (ClusterIPs, ServiceEntry addresses, CIDR allowed); empty for none.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary>The virtual addresses by cluster, where there are several clusters; overrides <see cref="Addresses"/> there.</summary>
    public EquatableMap<string, EquatableArray<string>> ClusterAddresses { get; init; } =
        EquatableMap<string, EquatableArray<string>>.Empty;

    /// <summary>The address that the control plane gave to a ServiceEntry without one (IPv4, then IPv6); empty for none.</summary>
    public EquatableArray<string> AutoAllocatedAddresses { get; init; }

    public EquatableArray<ServicePort> Ports { get; init; }

    public Resolution Resolution { get; init; }

    /// <summary>Outside of the mesh (ServiceEntry location MESH_EXTERNAL): no mutual TLS is inferred for it.</summary>
    public bool MeshExternal { get; init; }

    /// <summary>To whom it is visible: `*`, `.`, `~`, namespaces. Empty means the mesh's default.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary>The labels of the object that made it.</summary>
    public EquatableMap<string, string> Labels { get; init; } = EquatableMap<string, string>.Empty;

    /// <summary>The labels that choose its workloads; empty when it chooses none.</summary>
    public EquatableMap<string, string> Selector { get; init; } = EquatableMap<string, string>.Empty;

    public DateTimeOffset CreationTime { get; init; }

    public string ResourceVersion { get; init; } = "";

    /// <summary>SPIFFE ids and other SANs that servers of this service may show beside those of their endpoints.</summary>
    public EquatableArray<string> ServiceAccounts { get; init; }

    /// <summary>The Kubernetes type (`ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalName`); empty for others.</summary>
    public string Type { get; init; } = "";

    /// <summary>The name that an ExternalName service stands for; empty otherwise.</summary>
    public string ExternalName { get; init; } = "";

    /// <summary>Where clients outside of the cluster reach it, by cluster (load balancer or external IPs).</summary>
    public EquatableMap<string, EquatableArray<string>> ExternalAddresses { get; init; } =
        EquatableMap<string, EquatableArray<string>>.Empty;

    /// <summary>Node ports by service port, by cluster.</summary>
    public EquatableMap<string, EquatableMap<int, int>> NodePorts { get; init; } =
        EquatableMap<string, EquatableMap<int, int>>.Empty;

    /// <summary>
    /// The labels of the machines at whose external addresses a NodePort service is reached (annotation traffic.istio.io/nodeSelector;
    /// empty = all of them); null where it is not reached that way.
    /// </summary>
    public EquatableMap<string, string>? NodeSelector { get; init; }

    /// <summary>Endpoints that are not ready are used as well (Kubernetes publishNotReadyAddresses).</summary>
    public bool PublishNotReadyAddresses { get; init; }

    /// <summary>Only endpoints on the caller's node are used (Kubernetes internalTrafficPolicy: Local).</summary>
    public bool NodeLocal { get; init; }

    /// <summary>Name and value of the label `istio.io/persistent-session` kind of settings; null where not asked for.</summary>
    public string? PersistentSession { get; init; }

    /// <summary>The first virtual address, or <see cref="UnspecifiedAddress"/>.</summary>
    public string Address => Addresses.IsEmpty ? UnspecifiedAddress : Addresses[0];

    /// <summary>A Kubernetes service without a ClusterIP.</summary>
    public bool IsHeadless => Resolution == Resolution.Passthrough && Registry == Registry.Kubernetes;

    /// <summary>Host and namespace: what endpoints and references name.</summary>
    public ServiceKey Key => new(Hostname, Namespace);

    /// <summary>The port of that number; null when there is none.</summary>
    public ServicePort? FindPort(int number)
    {
        foreach (var port in Ports)
        {
            if (port.Number == number)
            {
                return port;
            }
        }

        return null;
    }
}

/// <summary>Which service: two namespaces may claim one host name.</summary>
public readonly record struct ServiceKey(string Hostname, string Namespace);
