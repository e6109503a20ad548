namespace Lateen.Model.Networking;

/// <summary>Istio's Gateway: what gateway workloads listen on.</summary>
public sealed record GatewayConfig : IIstioConfig
{
    public required ConfigMeta Meta { get; init; }

    /// <summary>Labels of the gateway workloads, of any namespace; empty = all gateways.</summary>
    public EquatableMap<string, string> Selector { get; init; } = EquatableMap<string, string>.Empty;

    public EquatableArray<GatewayServer> Servers { get; init; }
}

/// <summary>One port of a gateway with the hosts that it serves.</summary>
public sealed record GatewayServer
{
    public required GatewayPort Port { get; init; }

    /// <summary>`host`, `namespace/host`, `./host` or `*/host`.</summary>
    public EquatableArray<string> Hosts { get; init; }

    public ServerTlsSettings? Tls { get; init; }

    /// <summary>The address to listen on; empty = all.</summary>
    public string Bind { get; init; } = "";

    public string Name { get; init; } = "";

    public string DefaultEndpoint { get; init; } = "";
}

/// <summary>A port as a resource writes it.</summary>
/// <param name="Protocol">As written, for instance `HTTP`.</param>
/// <param name="TargetPort">0 = not given.</param>
public sealed record GatewayPort(int Number, string Protocol, string Name = "", int TargetPort = 0);

/// <summary>How a gateway ends TLS.</summary>
public enum ServerTlsMode
{
    Passthrough,
    Simple,
    Mutual,
    AutoPassthrough,
    IstioMutual,
    OptionalMutual,
}

/// <summary>TLS version limits.</summary>
public enum TlsProtocolVersion
{
    Auto,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

/// <summary>TLS of a gateway server or Sidecar ingress listener.</summary>
public sealed record ServerTlsSettings
{
    public bool HttpsRedirect { get; init; }

    public ServerTlsMode Mode { get; init; }

    public string ServerCertificate { get; init; } = "";

    public string PrivateKey { get; init; } = "";

    public string CaCertificates { get; init; } = "";

    public string CaCrl { get; init; } = "";

    public string CredentialName { get; init; } = "";

    public EquatableArray<string> SubjectAltNames { get; init; }

    public EquatableArray<string> VerifyCertificateSpki { get; init; }

    public EquatableArray<string> VerifyCertificateHash { get; init; }

    public TlsProtocolVersion MinProtocolVersion { get; init; }

    public TlsProtocolVersion MaxProtocolVersion { get; init; }

    public EquatableArray<string> CipherSuites { get; init; }
}
