using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
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
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

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

    /// <summary>Puts the authority back into each store that comes in the place of the one it was in, until cancelled; what is there is left alone.</summary>
    /// <remarks>Otherwise the next replica to start would make another root, which no running workload trusts.</remarks>
    public async Task KeepAsync(CertificateAuthority authority, ChannelReader<string> stores, CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in stores.ReadAllAsync(cancellation))
            {
                await PutBackAsync(authority, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task PutBackAsync(CertificateAuthority authority, CancellationToken cancellation)
    {
        var pause = Pause;
        while (true)
        {
            try
            {
                if (await client.FindAsync(ResourceTypes.Secrets, ns, SecretName, cancellation) is { } stored)
                {
                    if (Field(stored, "ca-cert.pem") != authority.RootPem)
                    {
                        CaLog.AnotherRoot(logger, ns, SecretName);
                    }

                    return;
                }

                await WriteAsync(authority, cancellation);
                CaLog.PutBack(logger, ns, SecretName);
                return;
            }
            catch (KubernetesApiException exception)
            {
                // The namespace is put back by somebody else.
                CaLog.StoreUnreachable(logger, ns, SecretName, exception.Message);
                await Task.Delay(pause, time, cancellation);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
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
            await WriteAsync(authority, cancellation);
        }
        catch
        {
            authority.Dispose();
            throw;
        }

        CaLog.Created(logger, ns, SecretName, authority.NotAfter);
        return authority;
    }

    private Task<JsonObject> WriteAsync(CertificateAuthority authority, CancellationToken cancellation) => client.CreateAsync(
        ResourceTypes.Secrets,
        ns,
        new JsonObject
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
        },
        cancellation);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
