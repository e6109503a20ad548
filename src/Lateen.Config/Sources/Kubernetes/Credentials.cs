using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>What a client shows to the API server, and what it expects of it.</summary>
internal sealed class Credentials(KubernetesClientOptions options, TimeProvider time)
{
    private static readonly TimeSpan TokenReadInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private string? _token;
    private long _tokenReadAt;

    /// <summary>The Authorization header of the next request; null when only a certificate or nothing speaks for us.</summary>
    public AuthenticationHeaderValue? Authorization()
    {
        if ((options.Token ?? FileToken()) is { } token)
        {
            return new AuthenticationHeaderValue("Bearer", token);
        }

        return options.Basic is { } basic
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{basic.User}:{basic.Password}")))
            : null;
    }

    /// <summary>The TLS side of the connection.</summary>
    public SslClientAuthenticationOptions Tls()
    {
        SslClientAuthenticationOptions tls = new();
        if (options.ClientCertificate is { } certificate)
        {
            tls.ClientCertificates = [certificate];
            tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        if (options.SkipTlsVerification)
        {
#pragma warning disable CA5359 // The user asked for it by insecure-skip-tls-verify.
            tls.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (options.CertificateAuthorities is { } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return tls;
    }

    private string? FileToken()
    {
        if (options.TokenFile is null)
        {
            return null;
        }

        lock (_lock)
        {
            if (_token is null || time.GetElapsedTime(_tokenReadAt) > TokenReadInterval)
            {
                try
                {
                    _token = File.ReadAllText(options.TokenFile).Trim();
                    _tokenReadAt = time.GetTimestamp();
                }
                catch (IOException) when (_token is not null)
                {
                    // The file is being replaced: the last token still stands.
                }
            }

            return _token;
        }
    }
}
