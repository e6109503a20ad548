using System.Text.Json.Nodes;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Translation.Policies;
using Lateen.Translation.Policies.Authorization;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>AuthorizationPolicies: matchers of values, trust domains, and which policies hold for a workload.</summary>
internal static class AuthorizationKinds
{
    private static readonly string[] Outcomes = ["wantDeny", "wantAllow", "wantAudit", "wantCustom"];

    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["authz-header-matcher"] = c => KindChecks.CompareMessage(
            c.Expected!["Expect"], ValueMatchers.Header((string)c.Inputs["K"]!, (string)c.Inputs["V"]!)),
        ["authz-host-matcher"] = c => KindChecks.CompareMessage(
            c.Expected!["Expect"], ValueMatchers.Host((string)c.Inputs["K"]!, (string)c.Inputs["V"]!)),
        ["authz-path-matcher"] = c => KindChecks.CompareMessage(c.Expected!["Expect"], ValueMatchers.Path((string)c.Inputs["V"]!)),
        ["authz-string-matcher"] = c => KindChecks.CompareMessage(
            c.Expected!["want"], ValueMatchers.Text((string)c.Inputs["v"]!, (string?)c.Inputs["prefix"] ?? "")),
        ["trust-domain-aliases"] = c => KindChecks.Compare(
            c.Expected!["expect"],
            Texts(new TrustDomains(KindChecks.Texts(c.Inputs["trustDomainBundle"]!["trustDomains"]).ToEquatableArray())
                .Expand(KindChecks.Texts(c.Inputs["principals"])))),
        ["trust-domain-replace"] = Replace,
        ["trust-domains"] = Domains,
        ["authz-selection"] = Selection,
    };

    private static CaseResult Replace(ConformanceCase c)
    {
        var actual = TrustDomains.Replace((string?)c.Inputs["trustDomainIn"] ?? "", (string)c.Inputs["principal"]!);
        return (string?)c.Expected!["expectedError"] is { Length: > 0 }
            ? KindChecks.Compare(true, actual is null)
            : KindChecks.Compare((string)c.Expected["out"]!, actual ?? "");
    }

    private static CaseResult Domains(ConformanceCase c)
    {
        var mesh = new MeshConfig
        {
            TrustDomain = (string?)c.Inputs["meshConfig"]!["trustDomain"] ?? "",
            TrustDomainAliases = KindChecks.Texts(c.Inputs["meshConfig"]!["trustDomainAliases"]).ToEquatableArray(),
        };
        return KindChecks.Compare(c.Expected!["want"], Texts(TrustDomains.Of(mesh).Names.Where(name => name.Length > 0)));
    }

    /// <summary>
    /// The table's rows share one policy, whose action and selector were changed while the rows were being written: what holds of a row is
    /// which policies are chosen by namespace and, where the row gives labels, by selector.
    /// </summary>
    private static CaseResult Selection(ConformanceCase c)
    {
        var settings = new JsonObject { ["meshConfig"] = new JsonObject { ["rootNamespace"] = "istio-config" } };
        var mesh = new CaseMesh(settings);
        foreach (var config in c.Inputs["configs"] as JsonArray ?? [])
        {
            var copy = (JsonObject)config!.DeepClone();
            copy["spec"]!.AsObject().Remove("action");
            if (c.Inputs["workloadLabels"] is null)
            {
                copy["spec"]!.AsObject().Remove("selector");
            }

            mesh.Add(Lateen.Config.Decoding.JsonTree.From(copy));
        }

        var snapshot = mesh.Build();
        var proxy = CaseProxy.Read(new JsonObject { ["namespace"] = (string?)c.Inputs["ns"], ["labels"] = c.Inputs["workloadLabels"]?.DeepClone() });
        var chosen = PolicySelection.Select(snapshot.Index.AuthorizationPolicies, snapshot.Mesh.RootNamespace, proxy, p => (p.Selector, p.TargetRef));
        var wanted = Outcomes
            .SelectMany(action => c.Expected![action] as JsonArray ?? [])
            .Select(policy => $"{policy!["namespace"]}/{policy["name"]}");
        return KindChecks.Compare(Texts(wanted), Texts(chosen.Select(policy => $"{policy.Meta.Namespace}/{policy.Meta.Name}")));
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
