using System.Security.Cryptography.X509Certificates;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Where an API server is and how to be let in.</summary>
public sealed class KubernetesClientOptions
{
    /// <summary>Where a pod finds its service account (Kubernetes documentation, "Accessing the API from a Pod").</summary>
    public const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The server's address, such as <c>https://127.0.0.1:6443</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>The authorities that may have signed the server's certificate; null trusts the system's.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }

    /// <summary>Take any server certificate. Default false.</summary>
    public bool SkipTlsVerification { get; init; }

    /// <summary>The name to expect in the server's certificate in place of the address; null for the address.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The certificate with private key to show to the server; null for none.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The bearer token; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>A file that holds the bearer token and is read again every minute, because service-account tokens rotate; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>User and password for basic authentication; null for none.</summary>
    public (string User, string Password)? Basic { get; init; }

    /// <summary>The namespace to use when none is named. Default <c>default</c>.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>How long a request other than a watch may take. Default 30 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the server's audit log shows as the client.</summary>
    public string UserAgent { get; init; } = "lateen";

    /// <summary>The options of a process that runs in a pod.</summary>
    /// <param name="host">The value of KUBERNETES_SERVICE_HOST.</param>
    /// <param name="port">The value of KUBERNETES_SERVICE_PORT.</param>
    /// <param name="directory">The mounted service account.</param>
    /// <exception cref="KubeConfigException">The process does not run in a pod, or its service account is not mounted.</exception>
    public static KubernetesClientOptions InCluster(string? host, string? port, string directory = ServiceAccountDirectory)
    {
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubeConfigException(
                "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; name a kubeconfig file instead");
        }

        string token = Path.Combine(directory, "token");
        string authority = Path.Combine(directory, "ca.crt");
        string ns = Path.Combine(directory, "namespace");
        if (!File.Exists(token))
        {
            throw new KubeConfigException($"{token}: no such file; does the pod set automountServiceAccountToken: false?");
        }

        return new KubernetesClientOptions
        {
            Server = new Uri($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}"),
            CertificateAuthorities = File.Exists(authority) ? KubeConfig.Certificates(File.ReadAllText(authority), authority) : null,
            TokenFile = token,
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default",
        };
    }
}
