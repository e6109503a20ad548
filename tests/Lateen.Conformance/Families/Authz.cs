using System.Text.Json.Nodes;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Translation.Policies.Authorization;

namespace Lateen.Conformance.Families;

/// <summary>authz: AuthorizationPolicies to Envoy's filters.</summary>
internal sealed class Authz : IConformanceFamily
{
    public string Name => "authz";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "envoy-rbac" => Filters(conformanceCase),
        "ztunnel" => CaseResult.Skipped("ambient mode's node proxy is not part of this mesh: nothing asks for istio.security.Authorization"),
        _ => CaseResult.Skipped($"kind {conformanceCase.Kind} is not known"),
    };

    private static CaseResult Filters(ConformanceCase conformanceCase)
    {
        var context = Context(conformanceCase);
        var filters = AuthorizationFilters.Of(context);
        var isCustom = (string?)conformanceCase.Settings["builder"] == "custom";
        var isHttp = ((string)conformanceCase.Expected!["message"]!).EndsWith(".HttpFilter", StringComparison.Ordinal);
        var descriptor = isHttp ? HttpFilter.Descriptor : Filter.Descriptor;
        IEnumerable<IMessage> actual = (isHttp, isCustom) switch
        {
            (true, true) => filters.CustomHttp(),
            (true, false) => filters.LocalHttp(),
            (false, true) => filters.CustomNetwork(),
            _ => filters.LocalNetwork(),
        };
        var expected = new JsonArray([.. (conformanceCase.Expected["filters"] as JsonArray ?? [])
            .Select(filter => YamlJson.Read(conformanceCase.Text(filter)!))]);
        return Messages.Difference(expected, actual, descriptor) is { } difference ? CaseResult.Failed(difference) : CaseResult.Passed;
    }

    private static ProxyContext Context(ConformanceCase conformanceCase)
    {
        var settings = (JsonObject)conformanceCase.Settings.DeepClone();
        var mesh = settings["meshConfig"] as JsonObject ?? [];
        mesh["rootNamespace"] = (string?)settings["rootNamespace"] ?? "";
        mesh["trustDomain"] = (string?)settings["trustDomainBundle"]?["trustDomain"] ?? "";
        mesh["trustDomainAliases"] = settings["trustDomainBundle"]?["aliases"]?.DeepClone() ?? new JsonArray();
        settings["meshConfig"] = mesh;
        var state = new CaseMesh(settings);
        state.AddYaml(conformanceCase.Text(conformanceCase.Inputs["policies"]) ?? "");
        foreach (var service in settings["services"] as JsonArray ?? [])
        {
            state.Add(new Service
            {
                Hostname = (string)service!["hostname"]!,
                Name = ((string)service["hostname"]!).Split('.')[0],
                Namespace = (string?)service["namespace"] ?? "default",
            });
        }

        return new ProxyContext(state.Build(), CaseProxy.Read(settings["proxy"] as JsonObject));
    }
}
