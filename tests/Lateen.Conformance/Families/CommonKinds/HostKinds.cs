using System.Text.Json.Nodes;
using Lateen.Conformance.Families.PilotTables;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Translation.Gateways;

namespace Lateen.Conformance.Families.CommonKinds;

/// <summary>Host names and the names of protocols.</summary>
internal static class HostKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["host-matches"] = c => KindChecks.Compare(
            (bool)c.Expected!["out"]!, HostName.Matches((string)c.Inputs["a"]!, (string)c.Inputs["b"]!)),
        ["host-subset"] = c => KindChecks.Compare(
            (bool)c.Expected!["out"]!, HostName.IsSubsetOf((string)c.Inputs["a"]!, (string)c.Inputs["b"]!)),
        ["host-order"] = c => KindChecks.Compare(
            c.Expected!["want"], Json(KindChecks.Texts(c.Inputs["in"]).Order(Comparer<string>.Create(HostName.CompareSpecificity)))),
        ["host-intersection"] = c => KindChecks.Compare(
            c.Expected!["intersection"], Json(Served(KindChecks.Texts(c.Inputs["b"]), KindChecks.Texts(c.Inputs["a"]), "default"))),
        ["host-for-namespace"] = c => KindChecks.Compare(
            c.Expected!["want"], Json(Served(KindChecks.Texts(c.Inputs["hosts"]), ["*"], (string)c.Inputs["namespace"]!))),
        ["protocol-parse"] = c => KindChecks.Compare(
            (string)c.Expected!["out"]!, Protocols.Parse((string)c.Inputs["name"]!).Name()),
    };

    /// <summary>The hosts of a VirtualService that a Gateway with these entries serves.</summary>
    private static List<string> Served(IEnumerable<string> entries, IEnumerable<string> hosts, string @namespace)
    {
        // Not decoded: the table has hosts that no Gateway may have.
        var gateway = KindMesh.Config<GatewayConfig>(
            "networking.istio.io/v1alpha3", "Gateway", new() { ["servers"] = new JsonArray(Server()) }, "gateways");
        var source = KindMesh.Config<VirtualServiceConfig>(
            "networking.istio.io/v1alpha3", "VirtualService", new() { ["hosts"] = new JsonArray("a.com"), ["gateways"] = new JsonArray("gateways/case") }, @namespace);
        return GatewayHosts.Matching(
            new BoundServer(gateway, gateway.Servers[0] with { Hosts = entries.ToEquatableArray() }, 80, "http.80"), source with { Hosts = hosts.ToEquatableArray() });
    }

    private static JsonObject Server() => new()
    {
        ["port"] = new JsonObject { ["number"] = 80, ["name"] = "http", ["protocol"] = "HTTP" },
        ["hosts"] = new JsonArray("*"),
    };

    private static JsonArray Json(IEnumerable<string> texts) => [.. texts.Select(text => JsonValue.Create(text))];
}
