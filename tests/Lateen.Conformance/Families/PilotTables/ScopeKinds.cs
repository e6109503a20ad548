using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Scope;
using Lateen.Model.Services;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>What the proxies of a namespace see.</summary>
internal static class ScopeKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["sidecar-scope"] = Scope,
        ["sidecar-egress-hosts"] = EgressHosts,
        ["service-visible"] = Visible,
    };

    private static CaseResult Scope(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        foreach (var service in c.Inputs["services"] as JsonArray ?? [])
        {
            mesh.Add(NeutralServices.Read((JsonObject)service!));
        }

        foreach (var name in (string[])["virtualServices", "destinationRules"])
        {
            foreach (var config in c.Inputs[name] as JsonArray ?? [])
            {
                mesh.Add(JsonTree.From(Undotted(config)));
            }
        }

        var sidecar = c.Inputs["sidecar"] is { } json ? KindMesh.Config<SidecarConfig>(Undotted(json)) : null;
        var snapshot = mesh.Build();
        var ns = (string?)c.Settings["proxyNamespace"] ?? "default";
        var scope = SidecarScopeBuilder.Build(snapshot.Index, ns, sidecar);
        if ((int?)c.Settings["egressListeners"] is { } listeners && scope.Egress.Count != listeners)
        {
            return CaseResult.Failed($"egress listeners: expected {listeners}, found {scope.Egress.Count}");
        }

        var expected = c.Expected!["services"]!.AsArray();
        var result = KindChecks.CompareSet(
            expected.Select(s => Text((JsonObject)s!)), scope.Services.Select(s => Text(s, expected)));
        if (result.Outcome != CaseOutcome.Passed)
        {
            return result;
        }

        if (!c.Expected.AsObject().TryGetPropertyValue("destinationRuleForHttpbinOrg", out var rule))
        {
            return CaseResult.Passed;
        }

        var found = snapshot.Index.DestinationRules.Find(
            sidecar?.Meta.Namespace ?? ns, sidecar?.Meta.Labels ?? EquatableMap<string, string>.Empty, "httpbin.org", "");
        var wanted = rule is null ? null : KindMesh.Config<DestinationRuleConfig>(rule);
        return (found is null, wanted is null) switch
        {
            (true, true) => CaseResult.Passed,
            (false, false) => KindChecks.Compare(true, found!.Rule.TrafficPolicy == wanted!.TrafficPolicy && found.Rule.Subsets == wanted.Subsets),
            _ => CaseResult.Failed($"DestinationRule of httpbin.org: expected {rule?.ToJsonString() ?? "none"}, found {found?.Rule.Meta.Name ?? "none"}"),
        };
    }

    /// <summary>The tables use host names without a dot as they are; a name of two parts is never completed.</summary>
    private static JsonNode Undotted(JsonNode? json) =>
        JsonNode.Parse(json!.ToJsonString().Replace("\"virtualbar\"", "\"virtual.bar\"", StringComparison.Ordinal)
            .Replace("/virtualbar\"", "/virtual.bar\"", StringComparison.Ordinal))!;

    private static string Text(JsonObject service)
    {
        var ports = (service["ports"] as JsonArray ?? []).Select(p => $"{p!["port"]}");
        return $"{service["hostname"]}/{service["namespace"] ?? "*"} {string.Join(",", ports)}";
    }

    /// <summary>As much of a service as the case says of the one with its name.</summary>
    private static string Text(Service service, JsonArray expected)
    {
        var like = expected.OfType<JsonObject>().Where(e => (string?)e["hostname"] == service.Hostname).ToList();
        var ns = like.Exists(e => e["namespace"] is not null) || like.Count == 0 ? service.Namespace : "*";
        var ports = like.Exists(e => e["ports"] is JsonArray { Count: > 0 }) ? string.Join(",", service.Ports.Select(p => p.Number)) : "";
        return $"{service.Hostname}/{ns} {ports}";
    }

    private static CaseResult EgressHosts(ConformanceCase c)
    {
        var services = c.Inputs["services"]!.AsArray().Select(s => NeutralServices.Read((JsonObject)s!)).ToEquatableArray();
        var hosts = c.Inputs["listenerHosts"]!.AsObject()
            .SelectMany(e => e.Value!.AsArray().Select(h => $"{e.Key}/{h}")).ToEquatableArray();
        var ns = (string)c.Inputs["namespace"]!;
        var selected = SidecarScopeBuilder.SelectServices(services, new HostImports(hosts, ns), new SidecarEgress { Hosts = hosts }, ns);
        return KindChecks.CompareSet(
            c.Expected!["expected"]!.AsArray().Select(s => NeutralServices.Read((JsonObject)s!)).Select(Full), selected.Select(Full));

        static string Full(Service s) => $"{s.Namespace}/{s.Hostname} {string.Join(",", s.Ports.Select(p => p.Number))}";
    }

    private static CaseResult Visible(ConformanceCase c)
    {
        var defaults = (c.Inputs["pushContext"]?["exportToDefaults"]?["service"] as JsonObject ?? []).Select(e => e.Key).ToEquatableArray();
        var service = NeutralServices.Read((JsonObject)c.Inputs["service"]!);

        // The table asks from namespace foo.
        return KindChecks.Compare(
            (bool)c.Expected!["expect"]!, Visibility.IsVisible(service.ExportTo, defaults.IsEmpty ? ["*"] : defaults, service.Namespace, "foo"));
    }
}
