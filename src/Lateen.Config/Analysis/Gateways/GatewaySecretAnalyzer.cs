using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Lateen.Config.Sources.Files;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Gateways;

/// <summary>IST0101: a Gateway's credential does not exist where its pods are. IST0161: it holds no certificate with its key.</summary>
internal sealed class GatewaySecretAnalyzer : IAnalyzer
{
    // Kubernetes' names of TLS secrets first, then those of generic ones.
    private static readonly (string Certificate, string Key)[] Names = [("tls.crt", "tls.key"), ("cert", "key")];

    public string Name => "gateway.SecretAnalyzer";

    public string Description => "Checks a gateway's referenced secrets for correctness";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) => mesh.Of<GatewayConfig>().SelectMany(gateway => Analyze(mesh, gateway));

    private static IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh, GatewayConfig gateway)
    {
        if (GatewayPods.Of(mesh, gateway).FirstOrDefault() is not { } pod)
        {
            yield return GatewayPods.NotFound(mesh, gateway);
            yield break;
        }

        for (var i = 0; i < gateway.Servers.Count; i++)
        {
            if (gateway.Servers[i].Tls is not { CredentialName: { Length: > 0 } credential })
            {
                continue;
            }

            var at = mesh.At(gateway.Meta, $"spec.servers[{i}].tls.credentialName");
            if (mesh.Find("Secret", pod.Resource.Namespace, credential) is not { } secret)
            {
                yield return Findings.NotFound(at, "credentialName", credential);
            }
            else if (!IsPair(secret))
            {
                yield return ConfigProblem.Error(
                    "IST0161",
                    $"The credential referenced by the Gateway {gateway.Meta.Name} in namespace {gateway.Meta.Namespace} is invalid, "
                    + "which can cause the traffic not to work as expected.",
                    at);
            }
        }
    }

    private static bool IsPair(ConfigDocument secret)
    {
        foreach (var (certificate, key) in Names)
        {
            if (Value(secret, certificate) is { } chain && Value(secret, key) is { } privateKey)
            {
                try
                {
                    using var pair = X509Certificate2.CreateFromPem(chain, privateKey);
                    return true;
                }
                catch (Exception e) when (e is CryptographicException or ArgumentException)
                {
                    return false;
                }
            }
        }

        return false;
    }

    private static string? Value(ConfigDocument secret, string key)
    {
        if (secret.Node.At("stringData", key) is { } text)
        {
            return text.Text;
        }

        var encoded = secret.Node.TextAt("data", key);
        var bytes = new byte[encoded.Length];
        return encoded.Length > 0 && Convert.TryFromBase64String(encoded, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
