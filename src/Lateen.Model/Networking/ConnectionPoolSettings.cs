namespace Lateen.Model.Networking;

/// <summary>Limits of connections and requests.</summary>
public sealed record ConnectionPoolSettings(TcpConnectionPool? Tcp = null, HttpConnectionPool? Http = null);

/// <summary>For all connections. 0 = not given.</summary>
public sealed record TcpConnectionPool
{
    public int MaxConnections { get; init; }

    public TimeSpan? ConnectTimeout { get; init; }

    public TcpKeepalive? TcpKeepalive { get; init; }

    public TimeSpan? MaxConnectionDuration { get; init; }
}

/// <summary>SO_KEEPALIVE; null or 0 = the system's.</summary>
public sealed record TcpKeepalive(uint Probes = 0, TimeSpan? Time = null, TimeSpan? Interval = null);

/// <summary>Whether HTTP/1.1 is turned into HTTP/2 upstream.</summary>
public enum H2UpgradePolicy
{
    /// <summary>As the mesh says.</summary>
    Default,
    DoNotUpgrade,
    Upgrade,
}

/// <summary>For HTTP. 0 = not given.</summary>
public sealed record HttpConnectionPool
{
    public int Http1MaxPendingRequests { get; init; }

    public int Http2MaxRequests { get; init; }

    public int MaxRequestsPerConnection { get; init; }

    public int MaxRetries { get; init; }

    public TimeSpan? IdleTimeout { get; init; }

    public H2UpgradePolicy H2UpgradePolicy { get; init; }

    public bool UseClientProtocol { get; init; }

    /// <summary>HTTP/2 streams per connection.</summary>
    public int MaxConcurrentStreams { get; init; }
}

/// <summary>Takes endpoints out that fail. Null = not given.</summary>
public sealed record OutlierDetection
{
    public uint? ConsecutiveGatewayErrors { get; init; }

    public uint? Consecutive5xxErrors { get; init; }

    /// <summary>The deprecated whole-number field; 0 = not given.</summary>
    public int ConsecutiveErrors { get; init; }

    public uint? ConsecutiveLocalOriginFailures { get; init; }

    public bool SplitExternalLocalOriginErrors { get; init; }

    public TimeSpan? Interval { get; init; }

    public TimeSpan? BaseEjectionTime { get; init; }

    /// <summary>Percent; 0 = not given.</summary>
    public int MaxEjectionPercent { get; init; }

    /// <summary>Percent; below it all endpoints are used; 0 = never.</summary>
    public int MinHealthPercent { get; init; }
}

/// <summary>How TLS is spoken to a destination.</summary>
public enum ClientTlsMode
{
    Disable,
    Simple,
    Mutual,
    IstioMutual,
}

/// <summary>TLS towards a destination.</summary>
public sealed record ClientTlsSettings
{
    public ClientTlsMode Mode { get; init; }

    public string ClientCertificate { get; init; } = "";

    public string PrivateKey { get; init; } = "";

    public string CaCertificates { get; init; } = "";

    public string CaCrl { get; init; } = "";

    public string CredentialName { get; init; } = "";

    public EquatableArray<string> SubjectAltNames { get; init; }

    public string Sni { get; init; } = "";

    public bool? InsecureSkipVerify { get; init; }
}
