using System.Text.Json.Nodes;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Conformance.Families.Pilot;
using Lateen.ControlPlane.Identity;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Security;
using Lateen.Translation;
using Lateen.Translation.Clusters;
using Lateen.Translation.Endpoints;
using Lateen.Translation.Listeners;
using Lateen.Translation.Policies;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Names, identities, localities, and the smaller parts of TLS.</summary>
internal static class NameKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["subset-key"] = c => KindChecks.Compare(
            (string)c.Expected!["want"]!, Naming.Outbound((string)c.Inputs["hostname"]!, (string)c.Inputs["subset"]!, (int)c.Inputs["port"]!)),
        ["parse-subset-key"] = ParseKey,
        ["short-name-to-fqdn"] = ShortName,
        ["stat-prefix"] = StatPrefix,
        ["proxy-view"] = c => KindChecks.Compare(
            (bool)c.Expected!["visible"]!,
            (CaseProxy.Read(null) with { NetworkView = KindChecks.Texts(c.Inputs["networkView"]).ToEquatableArray() }).SeesNetwork((string)c.Inputs["network"]!)),
        ["connection-identity"] = c => KindChecks.Compare(
            (bool)c.Expected!["success"]!,
            KindChecks.Texts(c.Inputs["identity"]).Any(text => SpiffeId.TryParse(text, out var id)
                && ProxyClaim.Holds(id, CaseProxy.Read(null) with { Namespace = (string)c.Inputs["namespace"]!, ServiceAccount = (string)c.Inputs["sa"]! }))),
        ["util-locality-match"] = c => KindChecks.Compare(
            (bool)c.Expected!["match"]!,
            LocalityWeights.Matches(
                new((string?)c.Inputs["locality"]!["region"] ?? "", (string?)c.Inputs["locality"]!["zone"] ?? "", (string?)c.Inputs["locality"]!["subZone"] ?? ""),
                (string)c.Inputs["rule"]!)),
        ["locality-lb-setting"] = Locality,
        ["merge-traffic-policy"] = MergePolicy,
        ["mtls-ciphers"] = c => KindChecks.CompareSet(
            KindChecks.Texts(c.Expected!["expectedMTLSCipherSuites"]), Translation.Policies.TlsParameters.MutualServer(Mesh(c.Inputs["mesh"])).CipherSuites),
        ["common-tls-context"] = CommonTls,
        ["credential-sds-config"] = Credential,
        ["util-ipv6-compliant"] = c => KindChecks.Compare((string)c.Expected!["match"]!, Translation.Routes.DomainNames.Bracketed((string)c.Inputs["host"]!)),
    };

    private static CaseResult ParseKey(ConformanceCase c)
    {
        var parsed = Naming.ParseOutbound((string)c.Inputs["input"]!);
        return KindChecks.Compare(
            $"{c.Expected!["direction"]} {c.Expected["port"]} {c.Expected["subsetName"]} {c.Expected["hostname"]}",
            parsed is { } name ? $"outbound {name.Port} {name.Subset} {name.Host}" : " 0  ");
    }

    private static CaseResult ShortName(ConformanceCase c)
    {
        // The row is named by the host; a number behind it tells rows of one host apart.
        var host = c.Id["short-name-to-fqdn.".Length..];
        host = host.EndsWith("-2", StringComparison.Ordinal) ? host[..^2] : host.Length == 0 ? "*" : host;
        var meta = c.Inputs["meta"]!;
        return KindChecks.Compare(
            (string)c.Expected!["out"]!, HostName.Resolve(host, (string?)meta["namespace"] ?? "", (string?)meta["domain"] ?? ""));
    }

    private static CaseResult StatPrefix(ConformanceCase c)
    {
        var service = new Service
        {
            Hostname = (string)c.Inputs["host"]!,
            Name = (string?)c.Inputs["attributes"]?["name"] ?? "",
            Namespace = (string?)c.Inputs["attributes"]?["namespace"] ?? "",
            Registry = (string?)c.Inputs["attributes"]?["serviceRegistry"] == "Kubernetes" ? Registry.Kubernetes : Registry.External,
        };
        var port = new ServicePort
        {
            Name = (string)c.Inputs["port"]!["name"]!,
            Number = (int)c.Inputs["port"]!["port"]!,
            TargetPort = (int?)c.Inputs["targetPort"] ?? 0,
        };
        var subset = (string?)c.Inputs["subsetName"] is { Length: > 0 } name ? new Subset(name, EquatableMap<string, string>.Empty) : null;
        return KindChecks.Compare(
            (string)c.Expected!["want"]!, StatNames.Of((string)c.Inputs["statPattern"]!, new OutboundTarget(service, port, null, default, subset)));
    }

    private static CaseResult Locality(ConformanceCase c)
    {
        var found = LoadBalancing.LocalitySettings(Read(c.Inputs["mesh"]), Read(c.Inputs["dr"]));
        var expected = Read(c.Expected!["expected"]);
        return expected == found ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found {found}");

        static LocalityLoadBalancer? Read(JsonNode? json) => json is null ? null : Policy(new JsonObject
        {
            ["loadBalancer"] = new JsonObject { ["localityLbSetting"] = json.DeepClone() },
        }).LoadBalancer!.LocalityLbSetting ?? new();
    }

    private static CaseResult MergePolicy(ConformanceCase c)
    {
        var port = (int?)c.Inputs["port"]?["port"] ?? 0;
        var found = TrafficPolicies.Effective(Read(c.Inputs["original"]), Read(c.Inputs["subset"]), port) ?? new();
        var expected = Read(c.Expected!["expected"]) ?? new();
        return expected with { PortLevelSettings = default } == found ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found {found}");

        static TrafficPolicy? Read(JsonNode? json) => json is JsonObject policy ? Policy(policy) : null;
    }

    private static TrafficPolicy Policy(JsonObject policy) => KindMesh.Config<DestinationRuleConfig>(
        "networking.istio.io/v1alpha3", "DestinationRule", new JsonObject { ["host"] = "a", ["trafficPolicy"] = policy.DeepClone() }).TrafficPolicy!;

    private static CaseResult CommonTls(ConformanceCase c)
    {
        var common = new CommonTlsContext();
        var metadata = c.Inputs["node"]?["metadata"]?.DeepClone() ?? new JsonObject();
        InboundTls.ApplyCertificates(
            common, CaseProxy.Read(new JsonObject { ["metadata"] = metadata }), (bool)c.Inputs["validateClient"]! ? new() : null);
        return KindChecks.CompareMessage(c.Expected!["expected"], common);
    }

    private static CaseResult Credential(ConformanceCase c) => KindChecks.CompareMessage(
        c.Expected!["expected"], SecretSources.Credential((string)c.Inputs["name"]!));

    private static MeshConfig Mesh(JsonNode? json) => new CaseMesh(new JsonObject { ["meshConfig"] = json?.DeepClone() }).Build().Mesh;
}
