using System.Security.Cryptography.X509Certificates;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;

namespace Lateen.Agent.Identity;

/// <summary>A workload's certificate chain (leaf first), key and the roots that it trusts, all PEM.</summary>
internal sealed record WorkloadMaterial(string Chain, string Key, string Roots)
{
    /// <summary>The names that configuration calls them by (Istio's SDS).</summary>
    public const string KeyName = "default", RootName = "ROOTCA";

    /// <summary>The end of the leaf.</summary>
    public DateTimeOffset NotAfter()
    {
        using var leaf = X509Certificate2.CreateFromPem(Chain);
        return leaf.NotAfter;
    }

    /// <summary>As resources for the proxy.</summary>
    public IReadOnlyList<Secret> Secrets() => [KeyPair(KeyName, Chain, Key), Trust(RootName, Roots)];

    public static Secret KeyPair(string name, string chain, string key) => new()
    {
        Name = name,
        TlsCertificate = new()
        {
            CertificateChain = new() { InlineBytes = ByteString.CopyFromUtf8(chain) },
            PrivateKey = new() { InlineBytes = ByteString.CopyFromUtf8(key) },
        },
    };

    public static Secret Trust(string name, string roots) => new()
    {
        Name = name,
        ValidationContext = new() { TrustedCa = new() { InlineBytes = ByteString.CopyFromUtf8(roots) } },
    };

    /// <summary>Never shows the key.</summary>
    public override string ToString() => "WorkloadMaterial";
}
