using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Translation.Routes;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>VirtualServices: delegates, and the parts of a route.</summary>
internal static class VirtualServiceKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["vs-merge"] = Merge,
        ["vs-merge-matches"] = MergeMatches,
        ["vs-merge-routes"] = MergeRoutes,
        ["vs-match-conflict"] = c => KindChecks.Compare(
            (bool)c.Expected!["expected"]!, DelegateMerge.MergeMatches([Match(c.Inputs["root"])], [Match(c.Inputs["leaf"])]) is null),
        ["route-fault"] = c => KindChecks.CompareMessage(c.Expected!["want"], Faults.Build(Route(new JsonObject { ["fault"] = c.Inputs["fault"]!.DeepClone() }).Fault!)),
        ["route-catch-all-match"] = c => KindChecks.Compare(
            (bool)c.Expected!["want"]!, RouteMatches.TakesEverything(RouteMatches.Build(Match(c.Inputs["match"])))),
        ["route-mirror-percent"] = MirrorPercent,
    };

    private static CaseResult Merge(ConformanceCase c)
    {
        var configs = c.Inputs["virtualServices"]!.AsArray().Select(KindMesh.Config<VirtualServiceConfig>).ToEquatableArray();
        var defaults = (c.Inputs["defaultExportTo"] as JsonObject ?? []).Select(e => e.Key).ToEquatableArray();
        var resolved = configs.Select(v => ShortNames.Resolve(v, "")).ToEquatableArray();
        var expected = c.Expected!["expectedVirtualServices"]!.AsArray().Select(KindMesh.Config<VirtualServiceConfig>)
            .Select(v => ShortNames.Resolve(v, "")).ToDictionary(v => $"{v.Meta.Namespace}/{v.Meta.Name}");
        var merged = DelegateMerge.Merge(resolved, defaults);
        if (merged.Count != expected.Count)
        {
            return CaseResult.Failed($"expected {expected.Count} VirtualServices, found {merged.Count}");
        }

        foreach (var found in merged)
        {
            var name = $"{found.Meta.Namespace}/{found.Meta.Name}";
            if (!expected.TryGetValue(name, out var wanted))
            {
                return CaseResult.Failed($"{name} is not expected");
            }

            for (var i = 0; i < Math.Max(wanted.Http.Count, found.Http.Count); i++)
            {
                if (i >= wanted.Http.Count || i >= found.Http.Count || wanted.Http[i] != found.Http[i])
                {
                    return CaseResult.Failed($"{name} http[{i}]: expected {At(wanted.Http, i)}, found {At(found.Http, i)}");
                }
            }
        }

        return CaseResult.Passed;
    }

    private static string At(EquatableArray<HttpRoute> routes, int index) => index < routes.Count ? routes[index].ToString() : "nothing";

    private static CaseResult MergeMatches(ConformanceCase c)
    {
        var merged = DelegateMerge.MergeMatches(Matches(c.Inputs["root"]), Matches(c.Inputs["delegate"]));
        if (c.Expected!["expected"] is not { } wanted)
        {
            return merged is null || merged.Value.IsEmpty ? CaseResult.Passed : CaseResult.Failed($"expected a conflict, found {merged.Value.Count} matches");
        }

        var expected = Matches(wanted);
        return merged is { } found && found == expected ? CaseResult.Passed : CaseResult.Failed($"expected {string.Join(" ", expected)}, found {string.Join(" ", merged ?? [])}");
    }

    private static CaseResult MergeRoutes(ConformanceCase c)
    {
        var expected = c.Expected!["expected"]!.AsArray().Select(r => Route((JsonObject)r!)).ToEquatableArray();
        var delegated = c.Inputs["delegate"]!.AsArray().Select(r => Route((JsonObject)r!)).ToEquatableArray();
        var merged = DelegateMerge.MergeRoutes(Route((JsonObject)c.Inputs["root"]!), delegated).ToEquatableArray();
        return merged == expected ? CaseResult.Passed : CaseResult.Failed($"expected {string.Join(" ", expected)}, found {string.Join(" ", merged)}");
    }

    private static CaseResult MirrorPercent(ConformanceCase c)
    {
        var json = (JsonObject)c.Inputs["route"]!.DeepClone();

        // The table says only that there is a mirror, not where.
        json["mirror"] = new JsonObject { ["host"] = "mirror" };
        json["route"] = new JsonArray(new JsonObject { ["destination"] = new JsonObject { ["host"] = "a" } });
        var percent = RouteActions.MirrorFraction(Route(json));
        return KindChecks.CompareMessage(c.Expected!["want"]?["defaultValue"], percent);
    }

    private static HttpRoute Route(JsonObject json) => KindMesh.Config<VirtualServiceConfig>(
        "networking.istio.io/v1alpha3", "VirtualService", new JsonObject { ["hosts"] = new JsonArray("a"), ["http"] = new JsonArray(json.DeepClone()) }).Http[0];

    private static EquatableArray<HttpMatch> Matches(JsonNode? json) =>
        json is JsonArray { Count: > 0 } ? Route(new JsonObject { ["match"] = json.DeepClone() }).Match : [];

    private static HttpMatch Match(JsonNode? json) => Matches(new JsonArray(json!.DeepClone()))[0];
}
