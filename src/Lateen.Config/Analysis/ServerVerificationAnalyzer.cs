using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0128 and IST0129: TLS towards a host without a CA to verify it by, for all ports or for one.</summary>
internal sealed class ServerVerificationAnalyzer : IAnalyzer
{
    private const string Fix = "set caCertificates or credentialName: without them any certificate is accepted";

    public string Name => "destinationrule.CaCertificateAnalyzer";

    public IEnumerable<ConfigProblem> Analyze(MeshSnapshot mesh) => Analyzers.Of<DestinationRuleConfig>(mesh).SelectMany(Analyze);

    private static IEnumerable<ConfigProblem> Analyze(DestinationRuleConfig rule)
    {
        if (rule.TrafficPolicy is not { } policy)
        {
            yield break;
        }

        if (AcceptsAny(policy.Tls))
        {
            yield return ConfigProblem.Warning(
                "IST0128",
                $"TLS mode {policy.Tls!.Mode} towards {rule.Host} does not verify the server",
                Analyzers.At(rule.Meta, "spec.trafficPolicy.tls"),
                Fix);
        }

        for (var i = 0; i < policy.PortLevelSettings.Count; i++)
        {
            var port = policy.PortLevelSettings[i];
            if (AcceptsAny(port.Tls))
            {
                yield return ConfigProblem.Warning(
                    "IST0129",
                    $"TLS mode {port.Tls!.Mode} towards port {port.Port} of {rule.Host} does not verify the server",
                    Analyzers.At(rule.Meta, $"spec.trafficPolicy.portLevelSettings[{i}].tls"),
                    Fix);
            }
        }
    }

    private static bool AcceptsAny(ClientTlsSettings? tls) =>
        tls is { Mode: ClientTlsMode.Simple or ClientTlsMode.Mutual, CaCertificates: "", CredentialName: "" };
}
