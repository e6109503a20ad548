using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Security;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Ca;

/// <summary>Keeps the mesh's certificate authority in the Secret `istio-ca-secret`, so that a restart trusts what was issued before.</summary>
/// <remarks>
/// Several replicas may start at once: the first to create the Secret wins, the others take its root. A Secret that can not be
/// read as an authority is never overwritten: replacing a root breaks every running workload, so a person decides.
/// </remarks>
internal sealed class AuthorityStore(
    KubernetesClient client, string ns, string trustDomain, TimeProvider time, ILogger logger)
{
    private const string SecretName = "istio-ca-secret";
    private static readonly TimeSpan RootLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Loads the authority or makes it; keeps trying while the API server can not be reached.</summary>
    /// <exception cref="CryptographicException">The Secret is there and holds no usable authority.</exception>
    public async Task<CertificateAuthority> OpenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                if (await client.FindAsync(ResourceTypes.Secrets, ns, SecretName, cancellation) is { } stored)
                {
                    var loaded = Load(stored);
                    CaLog.Loaded(logger, ns, SecretName, loaded.NotAfter);
                    return loaded;
                }

                return await CreateAsync(cancellation);
            }
            catch (KubernetesApiException exception)
            {
                // A conflict means that another replica was faster; the next round reads its root.
                if (!exception.IsConflict)
                {
                    CaLog.StoreUnreachable(logger, ns, SecretName, exception.Message);
                    await Task.Delay(Pause, time, cancellation);
                }
            }
        }
    }

    private static CertificateAuthority Load(JsonObject secret)
    {
        try
        {
            return CertificateAuthority.Load(Field(secret, "ca-cert.pem"), Field(secret, "ca-key.pem"));
        }
        catch (FormatException exception)
        {
            throw new CryptographicException($"Secret {SecretName} is not base64", exception);
        }
    }

    private static string Field(JsonObject secret, string name) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(secret.Text("data", name)));

    private async Task<CertificateAuthority> CreateAsync(CancellationToken cancellation)
    {
        var authority = CertificateAuthority.CreateSelfSigned(trustDomain, time.GetUtcNow(), RootLifetime);
        try
        {
            var secret = new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["metadata"] = new JsonObject { ["name"] = SecretName, ["namespace"] = ns },
                ["type"] = "istio.io/ca-root",
                ["data"] = new JsonObject
                {
                    ["ca-cert.pem"] = Base64(authority.RootPem),
                    ["ca-key.pem"] = Base64(authority.ExportKeyPem()),
                    ["cert-chain.pem"] = "",
                    ["key.pem"] = "",
                    ["root-cert.pem"] = "",
                },
            };
            await client.CreateAsync(ResourceTypes.Secrets, ns, secret, cancellation);
        }
        catch
        {
            authority.Dispose();
            throw;
        }

        CaLog.Created(logger, ns, SecretName, authority.NotAfter);
        return authority;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
