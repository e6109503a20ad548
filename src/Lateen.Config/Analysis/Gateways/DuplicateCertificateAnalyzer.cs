using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis.Gateways;

/// <summary>IST0138: two Gateways of the same pods use one certificate, so that a browser reuses its connection for the other's hosts.</summary>
internal sealed class DuplicateCertificateAnalyzer : IAnalyzer
{
    public string Name => "gateway.CertificateAnalyzer";

    public string Description => "Checks whether a certificate is used by several gateways of the same workload";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var all = mesh.Of<GatewayConfig>().ToList();
        foreach (var gateway in all)
        {
            var others = all.Where(other => other != gateway && LabelsMatch.IsSubset(gateway.Selector, other.Selector) && ShareCertificate(gateway, other)).ToList();
            if (others.Count > 0)
            {
                yield return ConfigProblem.Warning(
                    "IST0138",
                    $"Duplicate certificate in multiple gateways {GoText.List(others.Prepend(gateway).Select(one => $"{one.Meta.Namespace}/{one.Meta.Name}"))} "
                    + "may cause 404s if clients re-use HTTP2 connections.",
                    mesh.At(gateway.Meta));
            }
        }
    }

    private static bool ShareCertificate(GatewayConfig one, GatewayConfig other) =>
        one.Servers.Any(server => server.Tls is { } tls && other.Servers.Any(theirs => theirs.Tls is { } their && AreSame(tls, their)));

    private static bool AreSame(ServerTlsSettings one, ServerTlsSettings other) =>
        (one.CredentialName.Length > 0 && one.CredentialName == other.CredentialName)
        || (one.ServerCertificate.Length > 0 && one.ServerCertificate == other.ServerCertificate && one.PrivateKey == other.PrivateKey);
}
