using Envoy.Admin.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Net.Tls;
using Lateen.Proxy.Local;

namespace Lateen.Proxy.Admin;

/// <summary><c>/certs</c>: every certificate that came as a secret (envoy.admin.v3.Certificates).</summary>
internal static class CertsPage
{
    public static LocalResponse Answer(ProxyServer proxy, DateTimeOffset now)
    {
        var message = new Certificates();
        foreach (var resource in proxy.Applied(TypeUrls.Secret))
        {
            var secret = resource.Resource.Unpack<Secret>();
            var entry = new Certificate();
            entry.CertChain.AddRange(Details(secret.TlsCertificate?.CertificateChain, now));
            entry.CaCert.AddRange(Details(secret.ValidationContext?.TrustedCa, now));
            message.Certificates_.Add(entry);
        }
        return LocalResponse.Text(XdsJsonWriter.Write(message), contentType: "application/json");
    }

    private static IEnumerable<CertificateDetails> Details(Envoy.Config.Core.V3.DataSource? source, DateTimeOffset now) =>
        source is null ? [] : PemReader.Values(source.InlineBytes.Span).Select(c => Details(c, now));

    private static CertificateDetails Details(PeerCertificate certificate, DateTimeOffset now)
    {
        var details = new CertificateDetails
        {
            Path = "<inline>",
            SerialNumber = certificate.Serial,
            DaysUntilExpiration = (ulong)Math.Max(0, (certificate.NotAfter - now).Days),
            ValidFrom = Timestamp.FromDateTimeOffset(certificate.NotBefore),
            ExpirationTime = Timestamp.FromDateTimeOffset(certificate.NotAfter),
        };
        details.SubjectAltNames.AddRange(certificate.UriNames.Select(n => new SubjectAlternateName { Uri = n }));
        details.SubjectAltNames.AddRange(certificate.DnsNames.Select(n => new SubjectAlternateName { Dns = n }));
        details.SubjectAltNames.AddRange(certificate.AddressNames.Select(n => new SubjectAlternateName { IpAddress = n }));
        return details;
    }
}
