using System.Text;
using Lateen.Net.Tls;

namespace Lateen.Proxy.TransportSockets;

/// <summary>What a CommonTlsContext says, compiled: its own material and the secrets that it refers to. Immutable.</summary>
internal sealed record TlsSettings
{
    /// <summary>All but certificates and trust.</summary>
    public required TlsContextOptions Options { get; init; }

    public TlsKeyPair[] KeyPairs { get; init; } = [];

    public SecretState[] KeyPairSecrets { get; init; } = [];

    public ValidationRules? Validation { get; init; }

    public SecretState? ValidationSecret { get; init; }

    /// <summary>Server: no connection without a client certificate.</summary>
    public bool RequiresPeerCertificate { get; init; }

    public IEnumerable<SecretState> Secrets => ValidationSecret is null ? KeyPairSecrets : KeyPairSecrets.Append(ValidationSecret);
}

/// <summary>Gives the context for the secrets of the moment. A secret that changes makes a new one for new connections; the others keep theirs.</summary>
/// <remarks>
/// Made at first use, so that a proxy that knows thousands of clusters and calls five pays for five. Safe from every thread; the lock is
/// taken only when a secret has changed.
/// </remarks>
internal sealed class TlsContextSource(TlsSettings settings)
{
    private readonly Lock _lock = new();
    private volatile Built? _built;

    public TlsSettings Settings { get; } = settings;

    /// <summary>The context in force; null with the reason when a secret is missing or unusable.</summary>
    public TlsContext? Current(out string? problem)
    {
        Built? built = _built;
        if (built is null || !built.IsOf(Settings))
        {
            lock (_lock)
            {
                built = _built;
                if (built is null || !built.IsOf(Settings))
                {
                    _built = built = Build();
                }
            }
        }
        problem = built.Problem;
        return built.Context;
    }

    private Built Build()
    {
        TlsSecret?[] keys = [.. Settings.KeyPairSecrets.Select(s => s.Current)];
        TlsSecret? trust = Settings.ValidationSecret?.Current;
        if (Array.Exists(keys, k => k?.KeyPair is null) || (Settings.ValidationSecret is not null && trust?.Validation is null))
        {
            return new Built(keys, trust, null, "TLS error: Secret is not supplied by SDS");
        }
        ValidationRules? rules = ValidationRules.Combine(Settings.Validation, trust?.Validation);
        bool isServer = Settings.Options.IsServer;
        bool verifies = rules is not null && (!rules.TrustedRoots.IsEmpty || rules.HasConditions);
        TlsContextOptions options = Settings.Options with
        {
            Certificates = [.. Settings.KeyPairs, .. keys.Select(k => k!.KeyPair!)],
            TrustedRoots = rules is { AcceptsUntrusted: true } ? default : rules?.TrustedRoots ?? default,
            RevocationLists = rules?.RevocationLists ?? default,
            RevocationOfLeafOnly = rules?.RevocationOfLeafOnly ?? false,
            PeerCheck = rules is { HasConditions: true, AcceptsUntrusted: false } ? rules : null,
            PeerCertificate = isServer
                ? Settings.RequiresPeerCertificate ? PeerCertificateMode.Require : rules is null ? PeerCertificateMode.None : PeerCertificateMode.Request
                : verifies && !rules!.AcceptsUntrusted ? PeerCertificateMode.Require : PeerCertificateMode.None,
            SessionContext = rules is null ? default : Encoding.UTF8.GetBytes(Describe(rules)),
        };
        TlsContext? context = TlsContext.Create(options, out string? problem);
        return new Built(keys, trust, context, problem is null ? null : "TLS error: " + problem);
    }

    // Tickets of one context are never taken by another (each has its own key), so this only has to be there (SSL_CTX_set_session_id_context).
    private static string Describe(ValidationRules rules) =>
        $"{rules.TrustedRoots.Length}/{rules.RevocationLists.Length}/{rules.Names.Length}/{rules.CertificatePins.Length}/{rules.KeyPins.Length}";

    private sealed record Built(TlsSecret?[] Keys, TlsSecret? Trust, TlsContext? Context, string? Problem)
    {
        public bool IsOf(TlsSettings settings)
        {
            for (int i = 0; i < Keys.Length; i++)
            {
                if (!ReferenceEquals(Keys[i], settings.KeyPairSecrets[i].Current))
                {
                    return false;
                }
            }
            return ReferenceEquals(Trust, settings.ValidationSecret?.Current);
        }
    }
}
