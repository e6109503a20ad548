using System.Text.Json.Nodes;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model.Networking;
using Lateen.Translation;
using Lateen.Translation.Routes;

namespace Lateen.Conformance.Families;

/// <summary>route-translation: one VirtualService to Envoy routes, and retries to a retry policy.</summary>
internal sealed class RouteTranslation : IConformanceFamily
{
    public string Name => "route-translation";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        var assertions = conformanceCase.Expected!["assertions"]!.AsArray();
        return conformanceCase.Kind switch
        {
            "http-routes" => Judge(assertions, Routes(conformanceCase)),
            "retry" => Judge(assertions, Retry(conformanceCase)),
            _ => CaseResult.Skipped($"kind {conformanceCase.Kind} is not known"),
        };
    }

    private static CaseResult Judge(JsonArray assertions, JsonObject root) =>
        MessageAssertions.Check(assertions, root) is { } reason ? CaseResult.Failed(reason) : CaseResult.Passed;

    private static JsonObject Retry(ConformanceCase conformanceCase)
    {
        var spec = new JsonObject
        {
            ["hosts"] = new JsonArray("a"),
            ["http"] = new JsonArray(Merge(new JsonObject { ["route"] = new JsonArray(new JsonObject { ["destination"] = new JsonObject { ["host"] = "a" } }) },
                conformanceCase.Inputs["route"] as JsonObject)),
        };
        var config = Decode(new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1alpha3",
            ["kind"] = "VirtualService",
            ["metadata"] = new JsonObject { ["name"] = "a" },
            ["spec"] = spec,
        });
        var policy = RetryPolicies.Build(config.Http[0].Retries);
        return policy is null ? [] : new JsonObject { ["retryPolicy"] = MessageAssertions.Json(policy) };
    }

    private static JsonObject Merge(JsonObject target, JsonObject? from)
    {
        foreach (var (key, value) in from ?? [])
        {
            target[key] = value?.DeepClone();
        }

        return target;
    }

    private static JsonObject Routes(ConformanceCase conformanceCase)
    {
        var settings = conformanceCase.Settings;
        var mesh = new CaseMesh(settings);
        foreach (var service in conformanceCase.Inputs["services"] as JsonArray ?? [])
        {
            mesh.Add(NeutralServices.Read((JsonObject)service!));
        }

        foreach (var config in conformanceCase.Inputs["configs"] as JsonArray ?? [])
        {
            mesh.Add(JsonTree.From(config));
        }

        var gateways = (settings["gatewayNames"] as JsonArray ?? []).Select(g => (string)g!).ToHashSet();
        var port = (int)settings["listenPort"]!;
        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(settings["proxy"] as JsonObject));
        if ((string?)conformanceCase.Expected!["root"] == "virtualHosts")
        {
            var configuration = SidecarRoutes.Build(context, port.ToString(System.Globalization.CultureInfo.InvariantCulture));
            return new() { ["virtualHosts"] = new JsonArray([.. configuration.VirtualHosts.Select(MessageAssertions.Json)]) };
        }

        var source = Decode((JsonObject)conformanceCase.Inputs["virtualService"]!);
        var routes = HttpRoutes.Build(new()
        {
            Context = context,
            Source = Lateen.Model.Routing.ShortNames.Resolve(source, "cluster.local") with { Gateways = source.Gateways },
            ListenPort = port,
            Gateways = gateways,
            Services = context.Scope.ServicesByHost,
            OffersHttp3 = (bool?)settings["options"]?["isHTTP3AltSvcHeaderNeeded"] == true,
            IsGateway = !gateways.Contains("mesh") && context.IsGateway,
        });
        var root = new JsonObject { ["routes"] = new JsonArray([.. routes.Select(MessageAssertions.Json)]) };
        if (routes.Count == 0)
        {
            root["error"] = "no routes matched";
        }

        return root;
    }

    private static VirtualServiceConfig Decode(JsonObject json) =>
        (VirtualServiceConfig)(IstioDecoder.Decode(JsonTree.From(json)).Value
            ?? throw new InvalidDataException("the VirtualService can not be read"));
}
