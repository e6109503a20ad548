using Lateen.Model.Networking;

namespace Lateen.Config.Analysis;

/// <summary>IST0128 and IST0129: TLS towards a host without a CA to verify it by, for all ports or for one.</summary>
internal sealed class ServerVerificationAnalyzer : IAnalyzer
{
    public string Name => "destinationrule.CaCertificateAnalyzer";

    public string Description => "Finds DestinationRules whose TLS settings do not verify the server";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh) =>
        mesh.Of<DestinationRuleConfig>().SelectMany(rule => Analyze(rule, mesh));

    private static IEnumerable<ConfigProblem> Analyze(DestinationRuleConfig rule, AnalyzedMesh mesh)
    {
        if (rule.TrafficPolicy is not { } policy)
        {
            yield break;
        }

        if (AcceptsAny(policy.Tls))
        {
            yield return ConfigProblem.Warning("IST0128", Text(rule, policy.Tls!), mesh.At(rule.Meta, "spec.trafficPolicy.tls"));
        }

        for (var i = 0; i < policy.PortLevelSettings.Count; i++)
        {
            var port = policy.PortLevelSettings[i];
            if (AcceptsAny(port.Tls))
            {
                yield return ConfigProblem.Warning(
                    "IST0129", $"{Text(rule, port.Tls!)} at port number:{port.Port}", mesh.At(rule.Meta, $"spec.trafficPolicy.portLevelSettings[{i}].tls"));
            }
        }
    }

    private static string Text(DestinationRuleConfig rule, ClientTlsSettings tls) =>
        $"DestinationRule {rule.Meta.Namespace}/{rule.Meta.Name} in namespace {rule.Meta.Namespace} has TLS mode set to {tls.Mode.ToString().ToUpperInvariant()} "
        + $"but no caCertificates are set to validate server identity for host: {rule.Host}";

    private static bool AcceptsAny(ClientTlsSettings? tls) =>
        tls is { Mode: ClientTlsMode.Simple or ClientTlsMode.Mutual, CaCertificates: "", CredentialName: "" };
}
