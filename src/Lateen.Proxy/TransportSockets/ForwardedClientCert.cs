using System.Security.Cryptography;
using System.Text;
using Lateen.Net.Tls;

namespace Lateen.Proxy.TransportSockets;

/// <summary>HttpConnectionManager.forward_client_cert_details.</summary>
internal enum ForwardClientCert
{
    Sanitize,
    ForwardOnly,
    AppendForward,
    SanitizeSet,
    AlwaysForwardOnly,
}

/// <summary>HttpConnectionManager.set_current_client_cert_details.</summary>
[Flags]
internal enum ClientCertDetails
{
    None = 0,
    Subject = 1,
    Cert = 2,
    Chain = 4,
    Uri = 8,
    Dns = 16,
}

/// <summary>One element of x-forwarded-client-cert (Envoy, "x-forwarded-client-cert"): semicolon-separated pairs.</summary>
internal static class ForwardedClientCert
{
    public static byte[] Write(DownstreamTlsState connection, ClientCertDetails details)
    {
        List<string> parts = [.. (connection.Local?.UriNames ?? []).Select(uri => $"By={uri}")];
        if (connection.Details.Peer is { } peer)
        {
            parts.Add($"Hash={peer.Fingerprint}");
            AddDetails(parts, peer, details);
        }
        return Encoding.UTF8.GetBytes(string.Join(';', parts));
    }

    private static void AddDetails(List<string> parts, PeerCertificate peer, ClientCertDetails details)
    {
        if (details.HasFlag(ClientCertDetails.Cert))
        {
            parts.Add($"Cert=\"{EncodedPem(peer)}\"");
        }
        if (details.HasFlag(ClientCertDetails.Chain))
        {
            parts.Add($"Chain=\"{EncodedPem(peer)}\"");
        }
        if (details.HasFlag(ClientCertDetails.Subject))
        {
            parts.Add($"Subject=\"{peer.Subject.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        }
        if (details.HasFlag(ClientCertDetails.Uri))
        {
            parts.Add(peer.UriNames.Count == 0 ? "URI=" : string.Join(';', peer.UriNames.Select(uri => $"URI={uri}")));
        }
        if (details.HasFlag(ClientCertDetails.Dns))
        {
            parts.AddRange(peer.DnsNames.Select(name => $"DNS={name}"));
        }
    }

    /// <summary>The certificate as PEM, percent-encoded so that it fits into a header field.</summary>
    public static string EncodedPem(PeerCertificate certificate) =>
        Uri.EscapeDataString(PemEncoding.WriteString("CERTIFICATE", certificate.Der.Span) + "\n");
}
