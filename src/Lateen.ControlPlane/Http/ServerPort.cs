namespace Lateen.ControlPlane.Http;

/// <summary>The ports of a control plane, by purpose: a request is routed by the port that it came in on, never by its Host header.</summary>
internal enum ServerPort
{
    /// <summary>8080: readiness, debug pages.</summary>
    Readiness,

    /// <summary>15010: xDS in plaintext.</summary>
    Xds,

    /// <summary>15012: xDS and CA over TLS.</summary>
    SecureXds,

    /// <summary>15014: metrics, version, debug pages.</summary>
    Monitoring,

    /// <summary>15017: admission webhooks over TLS.</summary>
    Webhooks,
}
