using System.Globalization;
using Lateen.Net.Tls;
using Lateen.Proxy.TransportSockets;

namespace Lateen.Proxy.AccessLog;

/// <summary>The command operators that tell of TLS (Envoy, "Access logging": %DOWNSTREAM_TLS_*%, %DOWNSTREAM_PEER_*%, %UPSTREAM_TLS_*% ...).</summary>
/// <remarks>Names of certificates are made once per connection; an operator that formats (dates, PEM) allocates, and only where it is used.</remarks>
internal static class TlsOperators
{
    private static readonly Dictionary<string, Func<StreamInfo, string?>> Texts = new()
    {
        ["DOWNSTREAM_TLS_VERSION"] = i => i.DownstreamTls?.Details.Version,
        ["DOWNSTREAM_TLS_CIPHER"] = i => i.DownstreamTls?.Details.Cipher,
        ["DOWNSTREAM_TLS_SESSION_ID"] = i => i.DownstreamTls?.Details.SessionId,
        ["DOWNSTREAM_TRANSPORT_FAILURE_REASON"] = i => i.DownstreamTransportFailure,
        ["UPSTREAM_TLS_VERSION"] = i => i.UpstreamTls?.Version,
        ["UPSTREAM_TLS_CIPHER"] = i => i.UpstreamTls?.Cipher,
        ["UPSTREAM_TLS_SESSION_ID"] = i => i.UpstreamTls?.SessionId,
    };

    private static readonly (string Prefix, Func<StreamInfo, PeerCertificate?> Certificate)[] Sides =
    [
        ("DOWNSTREAM_PEER_", i => i.DownstreamTls?.Details.Peer),
        ("DOWNSTREAM_LOCAL_", i => i.DownstreamTls?.Local),
        ("UPSTREAM_PEER_", i => i.UpstreamTls?.Peer),
    ];

    /// <summary>The operator, or null when the name is none of these.</summary>
    public static LogOperator? Find(string name, string? argument, int maximum)
    {
        if (Texts.TryGetValue(name, out Func<StreamInfo, string?>? text))
        {
            return Of(text, maximum);
        }
        foreach ((string prefix, Func<StreamInfo, PeerCertificate?> certificate) in Sides)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && Field(name[prefix.Length..], argument) is { } field)
            {
                return Of(i => certificate(i) is { } found ? field(found) : null, maximum);
            }
        }
        return null;
    }

    private static LogOperator Of(Func<StreamInfo, string?> value, int maximum) =>
        new((ref LogWriter writer, StreamInfo info, Workers.ProxyWorker _) => writer.Put(value(info)), false, maximum);

    private static Func<PeerCertificate, string?>? Field(string name, string? format) => name switch
    {
        "URI_SAN" => c => string.Join(',', c.UriNames),
        "DNS_SAN" => c => string.Join(',', c.DnsNames),
        "IP_SAN" => c => string.Join(',', c.AddressNames),
        "SUBJECT" => c => c.Subject,
        "ISSUER" => c => c.Issuer,
        "SERIAL" => c => c.Serial,
        "FINGERPRINT_256" => c => c.Fingerprint,
        "FINGERPRINT_1" => c => c.Fingerprint1,
        "CERT" => ForwardedClientCert.EncodedPem,
        "CERT_V_START" => c => Date(c.NotBefore, format),
        "CERT_V_END" => c => Date(c.NotAfter, format),
        _ => null,
    };

    // Envoy's default is ISO 8601 in UTC with milliseconds; %s is the only other form that is common here.
    private static string Date(DateTimeOffset time, string? format) => format == "%s"
        ? time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
        : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
