namespace Lateen.Model.Networking;

/// <summary>Named load balancing algorithms.</summary>
public enum SimpleLoadBalancer
{
    /// <summary>Not given: least request.</summary>
    Unspecified,
    LeastConn,
    Random,
    Passthrough,
    RoundRobin,
    LeastRequest,
}

/// <summary>How an endpoint is chosen.</summary>
public sealed record LoadBalancerSettings
{
    /// <summary>Null where <see cref="ConsistentHash"/> is set or nothing is said.</summary>
    public SimpleLoadBalancer? Simple { get; init; }

    public ConsistentHash? ConsistentHash { get; init; }

    public LocalityLoadBalancer? LocalityLbSetting { get; init; }

    public TimeSpan? WarmupDuration { get; init; }
}

/// <summary>Sticks to an endpoint by a hash. One source of the key is set.</summary>
public sealed record ConsistentHash
{
    public string? HttpHeaderName { get; init; }

    public HttpCookie? HttpCookie { get; init; }

    public bool UseSourceIp { get; init; }

    public string? HttpQueryParameterName { get; init; }

    /// <summary>Deprecated: the ring's smallest size; null = not given.</summary>
    public ulong? MinimumRingSize { get; init; }

    /// <summary>Set (null inside = default 1024) when `ringHash` is given.</summary>
    public RingHash? RingHash { get; init; }

    public Maglev? Maglev { get; init; }
}

public sealed record RingHash(ulong? MinimumRingSize = null);

public sealed record Maglev(ulong? TableSize = null);

/// <summary>The cookie that holds a hash; it is made with this lifetime when missing.</summary>
public sealed record HttpCookie(string Name, string Path = "", TimeSpan? Ttl = null);

/// <summary>Preference of near endpoints.</summary>
public sealed record LocalityLoadBalancer
{
    public EquatableArray<LocalityDistribution> Distribute { get; init; }

    public EquatableArray<LocalityFailover> Failover { get; init; }

    /// <summary>`label` or `label=value`, most important first.</summary>
    public EquatableArray<string> FailoverPriority { get; init; }

    /// <summary>Null = the mesh's.</summary>
    public bool? Enabled { get; init; }
}

/// <summary>Shares of traffic (percent) by destination locality pattern.</summary>
public sealed record LocalityDistribution(string From, EquatableMap<string, uint> To);

/// <summary>The region that takes over.</summary>
public sealed record LocalityFailover(string From, string To);
