using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model.Networking;
using Lateen.Translation;
using Lateen.Translation.EnvoyFilters;

namespace Lateen.Conformance.Families;

/// <summary>envoyfilter: EnvoyFilter resources applied to Envoy objects, and what a match selects.</summary>
internal sealed class EnvoyFilters : IConformanceFamily
{
    private static readonly ChoiceNames<EnvoyFilterContext> Contexts = Choices.Of<EnvoyFilterContext>();

    public string Name => "envoyfilter";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "listeners" => Judge(Listeners(conformanceCase)),
        "routes" => Judge(Routes(conformanceCase)),
        "clusters" => Judge(Clusters(conformanceCase)),
        "extension-configs" => Judge(Extensions(conformanceCase)),
        "match" => Match(conformanceCase),
        _ => CaseResult.Skipped($"kind {conformanceCase.Kind} is not known"),
    };

    private static CaseResult Judge(string? difference) => difference is null ? CaseResult.Passed : CaseResult.Failed(difference);

    private static string? Listeners(ConformanceCase conformanceCase)
    {
        var settings = conformanceCase.Settings;
        var result = ListenerPatches.Apply(
            Context(conformanceCase),
            Part((string?)settings["context"]),
            Messages.ReadAll<Listener>(conformanceCase.Inputs["listeners"]),
            (bool?)settings["skipAdds"] != true);
        return Messages.Difference(conformanceCase.Expected!["listeners"], result, Listener.Descriptor);
    }

    private static string? Routes(ConformanceCase conformanceCase)
    {
        var result = RoutePatches.Apply(
            Context(conformanceCase),
            Part((string?)conformanceCase.Settings["context"]),
            Messages.Read<RouteConfiguration>(conformanceCase.Inputs["routeConfiguration"]));
        return Messages.Difference(
            new JsonArray(conformanceCase.Expected!["routeConfiguration"]!.DeepClone()), [result], RouteConfiguration.Descriptor);
    }

    private static string? Clusters(ConformanceCase conformanceCase)
    {
        var context = Context(conformanceCase);
        var part = Part((string?)conformanceCase.Settings["context"]);
        List<string> hosts = (string?)conformanceCase.Settings["serviceHost"] is { Length: > 0 } host ? [host] : [];
        var result = Messages.ReadAll<Cluster>(conformanceCase.Inputs["clusters"])
            .Select(cluster => ClusterPatches.Apply(context, part, cluster, hosts))
            .OfType<Cluster>()
            .Concat(ClusterPatches.Added(context, part));
        return Messages.Difference(conformanceCase.Expected!["clusters"], result, Cluster.Descriptor);
    }

    private static string? Extensions(ConformanceCase conformanceCase)
    {
        var names = conformanceCase.Settings["requestedNames"]!.AsArray().Select(name => (string)name!).ToList();
        var result = ExtensionConfigPatches.Added(Context(conformanceCase), names);
        return Messages.Difference(conformanceCase.Expected!["extensionConfigs"], result, TypedExtensionConfig.Descriptor);
    }

    private static CaseResult Match(ConformanceCase conformanceCase)
    {
        var inputs = conformanceCase.Inputs;
        var expected = (bool)conformanceCase.Expected!["matches"]!;
        bool actual;
        if (inputs["matchCondition"] is JsonObject condition)
        {
            var patch = Patch("CLUSTER", condition);
            string[] hosts = (string?)inputs["host"] is { Length: > 0 } host ? [host] : [];
            actual = ClusterPatches.Matches(patch, Messages.Read<Cluster>(inputs["cluster"]), hosts);
        }
        else if (inputs["cp"]?["match"] is not JsonObject match)
        {
            return CaseResult.Skipped("the case has no match");
        }
        else if (inputs["httpRoute"] is { } route)
        {
            actual = RouteConditions.Matches(Patch("HTTP_ROUTE", match), Messages.Read<Route>(route));
        }
        else if (inputs["patchContext"] is { } part)
        {
            var ports = (inputs["portMap"] as JsonObject ?? []).ToDictionary(
                entry => int.Parse(entry.Key, System.Globalization.CultureInfo.InvariantCulture),
                entry => entry.Value!.AsObject().Select(p => int.Parse(p.Key, System.Globalization.CultureInfo.InvariantCulture)).ToHashSet());
            actual = RouteConditions.Matches(
                Patch("ROUTE_CONFIGURATION", match), Part((string?)part), Messages.Read<RouteConfiguration>(inputs["rc"]), ports);
        }
        else
        {
            actual = RouteConditions.Matches(Patch("VIRTUAL_HOST", match), inputs["vh"] is { } host ? Messages.Read<VirtualHost>(host) : null);
        }

        return actual == expected ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found {actual}");
    }

    /// <summary>A patch that merges nothing, with a case's condition.</summary>
    private static EnvoyPatch Patch(string applyTo, JsonObject match)
    {
        var condition = (JsonObject)match.DeepClone();
        // The cases spell one field by its message.
        if (condition["routeConfiguration"] is JsonObject routes && routes.ContainsKey("virtualHostMatch"))
        {
            routes["vhost"] = routes["virtualHostMatch"]!.DeepClone();
            routes.Remove("virtualHostMatch");
        }

        var json = new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1alpha3",
            ["kind"] = "EnvoyFilter",
            ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "default" },
            ["spec"] = new JsonObject
            {
                ["configPatches"] = new JsonArray(new JsonObject
                {
                    ["applyTo"] = applyTo,
                    ["match"] = condition,
                    ["patch"] = new JsonObject { ["operation"] = "MERGE", ["value"] = new JsonObject() },
                }),
            },
        };
        var config = (EnvoyFilterConfig)IstioDecoder.Decode(JsonTree.From(json)).Value!;
        return EnvoyPatchCompiler.Compile(config).Patches[0];
    }

    private static EnvoyFilterContext Part(string? name) =>
        Contexts.TryFind(name ?? "", out var part) ? part : EnvoyFilterContext.Any;

    private static ProxyContext Context(ConformanceCase conformanceCase)
    {
        var mesh = new CaseMesh(conformanceCase.Settings);
        mesh.AddYaml(conformanceCase.Text(conformanceCase.Inputs["envoyFilters"]) ?? "");
        var proxy = CaseProxy.Read(conformanceCase.Settings["proxy"] as JsonObject);
        return new ProxyContext(mesh.Build(), proxy);
    }
}
