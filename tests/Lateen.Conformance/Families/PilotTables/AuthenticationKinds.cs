using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Policies;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Translation.Policies;
using Lateen.Translation.Policies.Authentication;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>RequestAuthentication and PeerAuthentication.</summary>
internal static class AuthenticationKinds
{
    private const string KeysUri = "http://{jwks-server}/oauth2/v3/certs";

    /// <summary>What the key server of the table answers.</summary>
    private const string Keys =
        "{ \"keys\": [ { \"kid\": \"fakeKey1_1\", \"alg\": \"RS256\", \"kty\": \"RSA\", \"n\": \"abc\", \"e\": \"def\" },\n\t\t\t"
        + "{ \"kid\": \"fakeKey1_2\", \"alg\": \"RS256\", \"kty\": \"RSA\", \"n\": \"123\", \"e\": \"456\" } ] }";

    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["jwt-filter"] = c => KindChecks.CompareMessage(
            c.Expected!["expected"], AuthenticationFilters.Build(Context(c, c.Inputs["in"])).FirstOrDefault(f => f.Name.EndsWith("jwt_authn", StringComparison.Ordinal))),
        ["authn-filter"] = c => KindChecks.CompareMessage(
            c.Expected!["expected"], AuthenticationFilters.Build(Context(c, c.Inputs["jwtIn"])).FirstOrDefault(f => f.Name == "istio_authn")),
        ["jwt-config"] = c =>
        {
            var policy = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "security.istio.io/v1beta1",
                ["kind"] = "RequestAuthentication",
                ["metadata"] = new JsonObject(),
                ["spec"] = new JsonObject { ["jwtRules"] = c.Inputs["in"]!.DeepClone() },
            });
            var context = Context(c, policy);
            var rules = context.Snapshot.Index.RequestAuthentications.SelectMany(p => p.JwtRules)
                .OrderBy(r => r.Issuer, StringComparer.Ordinal).ToEquatableArray();
            return KindChecks.CompareMessage(c.Expected!["expected"], AuthenticationFilters.Verification(context, rules));
        },
        ["peer-authentication-compose"] = Compose,
        ["mtls-inbound"] = Inbound,
    };

    private static ProxyContext Context(ConformanceCase c, JsonNode? policies)
    {
        var settings = (JsonObject)c.Settings.DeepClone();
        var mesh = new CaseMesh(settings);
        mesh.AddKeySet(KeysUri, Keys);
        mesh.Add(new Service { Hostname = "jwt-token-issuer.mesh.svc.cluster.local", Name = "jwt-token-issuer", Namespace = "mesh" });
        var number = 0;
        foreach (var policy in policies as JsonArray ?? [])
        {
            mesh.Add(Named(policy!, number++, "default"));
        }

        return new ProxyContext(mesh.Build(), CaseProxy.Read(null));
    }

    /// <summary>Objects of these tables carry no name.</summary>
    private static ConfigNode Named(JsonNode policy, int number, string ns)
    {
        var copy = (JsonObject)policy.DeepClone();
        var meta = copy["metadata"]!.AsObject();
        meta.TryAdd("name", $"policy-{number}");
        meta.TryAdd("namespace", ns);
        return JsonTree.From(copy);
    }

    private static CaseResult Compose(ConformanceCase c)
    {
        var settings = new JsonObject { ["meshConfig"] = new JsonObject { ["rootNamespace"] = "root-namespace" } };
        var modes = Modes(c.Inputs["configs"], settings, "my-ns");
        if (KindChecks.Compare((string)c.Expected!["want"]!["mode"]!, Name(modes.Default)) is { Outcome: not CaseOutcome.Passed } different)
        {
            return different;
        }

        var ports = c.Expected["want"]!["perPort"] as JsonObject ?? [];
        foreach (var (port, mode) in ports)
        {
            var actual = Name(modes.ModeOf(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)));
            if (actual != (string)mode!)
            {
                return CaseResult.Failed($"port {port}: expected {mode}, found {actual}");
            }
        }

        return CaseResult.Passed;
    }

    /// <summary>The mode of the port; the TLS contexts are those of every inbound chain, which pilot-simulation resolves.</summary>
    private static CaseResult Inbound(ConformanceCase c)
    {
        var modes = Modes(c.Inputs["peerPolicies"], [], "default");
        var port = (int)c.Expected!["expected"]!["port"]!;
        return KindChecks.Compare((string)c.Expected["expected"]!["mode"]!, Name(modes.ModeOf(port)));
    }

    private static MutualTls Modes(JsonNode? configs, JsonObject settings, string ns)
    {
        var mesh = new CaseMesh(settings);
        var labels = new Dictionary<string, string>();
        var number = 0;
        foreach (var config in configs as JsonArray ?? [])
        {
            mesh.Add(Named(config!, number++, ns));
            // The table speaks of policies that hold for the workload: it has the labels of all of them.
            foreach (var (key, value) in config!["spec"]?["selector"]?["matchLabels"] as JsonObject ?? [])
            {
                labels[key] = (string)value!;
            }
        }

        return MutualTls.Of(mesh.Build(), ns, labels.ToEquatableMap());
    }

    private static string Name(MutualTlsMode mode) => $"MTLS{mode}";
}
