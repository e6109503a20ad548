namespace Lateen.Net.Tls;

/// <summary>Whether a server asks its client for a certificate.</summary>
internal enum PeerCertificateMode
{
    /// <summary>None is asked for (server), or none is checked (client without trusted roots).</summary>
    None,

    /// <summary>Asked for; a client may come without, but one that is shown must be valid.</summary>
    Request,

    /// <summary>No connection without a valid one.</summary>
    Require,
}

/// <summary>A certificate chain (leaf first) with its key, PEM.</summary>
internal sealed record TlsKeyPair(ReadOnlyMemory<byte> Chain, ReadOnlyMemory<byte> Key);

/// <summary>What a <see cref="TlsContext"/> is made of.</summary>
internal sealed record TlsContextOptions
{
    public required bool IsServer { get; init; }

    public IReadOnlyList<TlsKeyPair> Certificates { get; init; } = [];

    /// <summary>Roots (or intermediates: a chain need not reach a root), PEM; empty: the peer's certificate is not verified.</summary>
    public ReadOnlyMemory<byte> TrustedRoots { get; init; }

    /// <summary>Revocation lists, PEM; empty: none is looked at.</summary>
    public ReadOnlyMemory<byte> RevocationLists { get; init; }

    /// <summary>The lists must cover the leaf only, not every certificate of the chain.</summary>
    public bool RevocationOfLeafOnly { get; init; }

    public PeerCertificateMode PeerCertificate { get; init; }

    /// <summary>What the verified leaf must be as well; null: nothing more.</summary>
    public IPeerCheck? PeerCheck { get; init; }

    /// <summary>Wire numbers: 0x0303 is TLS 1.2, 0x0304 is TLS 1.3.</summary>
    public int MinimumVersion { get; init; } = 0x0303;

    public int MaximumVersion { get; init; } = 0x0304;

    /// <summary>OpenSSL's cipher list for TLS up to 1.2; empty: the library's default.</summary>
    public string Ciphers { get; init; } = "";

    /// <summary>Curves in order of preference, colon-separated; empty: the library's default.</summary>
    public string Groups { get; init; } = "";

    /// <summary>Protocols in the order of preference.</summary>
    public IReadOnlyList<string> ApplicationProtocols { get; init; } = [];

    /// <summary>Sessions may be resumed: a server gives tickets, a client keeps them.</summary>
    public bool Resumption { get; init; } = true;

    /// <summary>Sessions of contexts with another id are not resumed: what was verified must be part of it.</summary>
    public ReadOnlyMemory<byte> SessionContext { get; init; }
}

/// <summary>A condition on the peer's verified leaf. Called on the loop's thread, within the handshake; must not throw.</summary>
internal interface IPeerCheck
{
    bool Accepts(PeerCertificate leaf);
}
