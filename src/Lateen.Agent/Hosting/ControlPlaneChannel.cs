using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Lateen.Agent.Settings;
using Lateen.Grpc.Client;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Hosting;

/// <summary>The channel to the control plane: TLS to the mesh's root with the pod's token, both read again for each connection.</summary>
internal static class ControlPlaneChannel
{
    /// <summary>Why no channel can be made, or null.</summary>
    public static string? Problem(AgentOptions options)
    {
        if (!Uri.TryCreate($"http://{options.Proxy.DiscoveryAddress}", UriKind.Absolute, out var address) || address.Port is 80 or <= 0)
        {
            return $"discoveryAddress \"{options.Proxy.DiscoveryAddress}\" is not host:port";
        }
        return IsTls(options) && !TrustsTheMachinesRoots(options) && !File.Exists(options.RootCertificatePath)
            ? $"failed to find root XDS CA: root CA file for XDS does not exist {options.RootCertificatePath}"
            : null;
    }

    public static GrpcChannel Create(AgentOptions options) => Create(options, options.Proxy.DiscoveryAddress);

    /// <summary>A channel to another server of the control plane: the certificate authority may be elsewhere.</summary>
    public static GrpcChannel Create(AgentOptions options, string address)
    {
        var scheme = IsTls(options) ? "https" : "http";
        return new GrpcChannel(new GrpcChannelOptions
        {
            Address = new Uri($"{scheme}://{address}"),
            // A SYN that left before the service had an endpoint is never translated: better a new attempt than a long one.
            ConnectTimeout = TimeSpan.FromSeconds(2),
            ServerName = options.Variable("ISTIOD_SAN", "") is { Length: > 0 } name ? name : null,
            TrustedRoots = IsTls(options) && !TrustsTheMachinesRoots(options) ? () => Roots(options.RootCertificatePath) : null,
        });
    }

    /// <summary>Whether the control plane shows a certificate of an authority that the machine knows, not of the mesh's own.</summary>
    public static bool TrustsTheMachinesRoots(AgentOptions options) => options.RootCertificatePath == "SYSTEM";

    /// <summary>The token as call metadata.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Metadata(AgentOptions options, ILogger logger)
    {
        var metadata = new List<KeyValuePair<string, string>> { new("clusterid", options.Variable("ISTIO_META_CLUSTER_ID", "Kubernetes")) };
        try
        {
            metadata.Add(new("authorization", $"Bearer {File.ReadAllText(options.TokenPath).Trim()}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            AgentLog.NoToken(logger, options.TokenPath);
        }
        const string header = "XDS_HEADER_";
        metadata.AddRange(options.Environment
            .Where(v => v.Key.StartsWith(header, StringComparison.Ordinal))
            .Select(v => new KeyValuePair<string, string>(v.Key[header.Length..].ToLowerInvariant(), v.Value)));
        return metadata;
    }

    // 15010 is the plaintext port of every control plane; ProxyConfig can say so for another one.
    private static bool IsTls(AgentOptions options) =>
        options.Proxy.ControlPlaneAuthPolicy is not ("NONE" or "0") && !options.Proxy.DiscoveryAddress.EndsWith(":15010", StringComparison.Ordinal);

    private static X509Certificate2Collection Roots(string path)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // No roots: the handshake fails as untrusted, and is tried again with what the file holds then.
        }
        return roots;
    }
}
