namespace Lateen.Model.Networking;

/// <summary>Istio's DestinationRule: how a host is called once it is chosen.</summary>
public sealed record DestinationRuleConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    /// <summary>As written; a short name belongs to the resource's namespace.</summary>
    public required string Host { get; init; }

    public TrafficPolicy? TrafficPolicy { get; init; }

    public EquatableArray<Subset> Subsets { get; init; }

    public EquatableArray<string> ExportTo { get; init; }

    /// <summary>Client workloads of the same namespace that it applies to; null = all.</summary>
    public WorkloadSelector? WorkloadSelector { get; init; }
}

/// <summary>The endpoints of a host that carry some labels.</summary>
public sealed record Subset(string Name, EquatableMap<string, string> Labels, TrafficPolicy? TrafficPolicy = null);

/// <summary>How connections to a host are made. A null block is inherited.</summary>
public sealed record TrafficPolicy
{
    public LoadBalancerSettings? LoadBalancer { get; init; }

    public ConnectionPoolSettings? ConnectionPool { get; init; }

    public OutlierDetection? OutlierDetection { get; init; }

    public ClientTlsSettings? Tls { get; init; }

    public EquatableArray<PortTrafficPolicy> PortLevelSettings { get; init; }

    public TunnelSettings? Tunnel { get; init; }

    public ProxyProtocolVersion? ProxyProtocol { get; init; }
}

/// <summary>The blocks for one port; they replace the others as a whole.</summary>
public sealed record PortTrafficPolicy
{
    public required int Port { get; init; }

    public LoadBalancerSettings? LoadBalancer { get; init; }

    public ConnectionPoolSettings? ConnectionPool { get; init; }

    public OutlierDetection? OutlierDetection { get; init; }

    public ClientTlsSettings? Tls { get; init; }
}

/// <summary>The PROXY protocol's version.</summary>
public enum ProxyProtocolVersion
{
    V1,
    V2,
}

/// <summary>Tunnels TCP over HTTP CONNECT or POST.</summary>
public sealed record TunnelSettings(string Protocol, string TargetHost, int TargetPort);
