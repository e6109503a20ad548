using System.Text.Json.Nodes;
using Envoy.Config.Route.V3;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Translation;
using Lateen.Translation.Routes;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Route configurations of sidecars and gateways: virtual hosts, their domains, how many routes.</summary>
internal static class RouteConfigKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["rds-sidecar"] = Hosts,
        ["rds-duplicate-hosts"] = Hosts,
        ["gateway-rds"] = Hosts,
        ["rds-vhost-domains"] = Domains,
    };

    private static CaseResult Hosts(ConformanceCase c)
    {
        var configuration = ProxyTranslator.Route(KindMesh.Context(c), (string?)c.Inputs["routeConfig"] ?? (string)c.Settings["routeConfig"]!);
        var expected = c.Expected!.AsObject();
        foreach (var (name, domains) in expected["virtualHosts"]!.AsObject())
        {
            if (configuration.VirtualHosts.FirstOrDefault(v => v.Name == name) is not { } host)
            {
                return CaseResult.Failed($"no virtual host {name}; there are {string.Join(", ", configuration.VirtualHosts.Select(v => v.Name))}");
            }

            var result = KindChecks.CompareSet(KindChecks.Texts(domains), host.Domains);
            if (result.Outcome != CaseOutcome.Passed)
            {
                return CaseResult.Failed($"{name}: {result.Reason}");
            }
        }

        if (c.Kind != "gateway-rds" && configuration.VirtualHosts.Count != expected["virtualHosts"]!.AsObject().Count
            && (bool?)expected["virtualHostsExact"] != false)
        {
            return CaseResult.Failed($"virtual hosts that are not expected: {string.Join(", ", configuration.VirtualHosts.Select(v => v.Name))}");
        }

        return Rest(expected, configuration) is { } reason ? CaseResult.Failed(reason) : CaseResult.Passed;
    }

    private static string? Rest(JsonObject expected, RouteConfiguration configuration)
    {
        foreach (var (name, value) in expected)
        {
            var reason = name switch
            {
                "virtualHosts" or "virtualHostsExact" or "note" => null,
                "includeRequestAttemptCount" => configuration.VirtualHosts.All(v => v.IncludeRequestAttemptCount == (bool)value!) ? null : "differs",
                "totalRoutes" => Number(value, configuration.VirtualHosts.Sum(v => v.Routes.Count)),
                "maxDirectResponseBodySizeBytes" => Number(value, (int)(configuration.MaxDirectResponseBodySizeBytes ?? 0)),
                "requireTlsAll" => configuration.VirtualHosts.All(v => v.RequireTls == VirtualHost.Types.TlsRequirementType.All == (bool)value!) ? null : "differs",
                "routesPerVirtualHost" => value!.AsObject().Select(h => Number(
                    h.Value, configuration.VirtualHosts.FirstOrDefault(v => v.Name == h.Key)?.Routes.Count ?? -1)).FirstOrDefault(r => r is not null),
                "destinations" => value!.AsObject().Select(h => Destination(
                    (string?)h.Value, configuration.VirtualHosts.FirstOrDefault(v => v.Name == h.Key))).FirstOrDefault(r => r is not null),
                _ => "is not known to this runner",
            };
            if (reason is not null)
            {
                return $"{name}: {reason}";
            }
        }

        return null;
    }

    private static string? Number(JsonNode? expected, int actual) => (int)expected! == actual ? null : $"expected {expected}, found {actual}";

    private static string? Destination(string? expected, VirtualHost? host)
    {
        var actual = host?.Routes.FirstOrDefault()?.Route_?.Cluster;
        return expected == actual ? null : $"expected {expected}, found {actual}";
    }

    private static CaseResult Domains(ConformanceCase c)
    {
        var service = NeutralServices.Read((JsonObject)c.Inputs["service"]!);
        var node = (JsonObject)c.Inputs["node"]!;
        if (c.Inputs["service"]!["defaultAddress"] is null && c.Inputs["service"]!["address"] is null)
        {
            service = service with { Addresses = [] };
        }

        if (c.Inputs["service"]!["clusterVIPs"]?["addresses"] is JsonObject virtualAddresses)
        {
            service = service with
            {
                ClusterAddresses = virtualAddresses.Select(e => KeyValuePair.Create(e.Key, KindChecks.Texts(e.Value).ToEquatableArray())).ToEquatableMap(),
            };
        }

        var context = new ProxyContext(new CaseMesh(c.Settings).Build(), CaseProxy.Read(node));
        return KindChecks.CompareSet(
            KindChecks.Texts(c.Expected!["want"]),
            DomainNames.Of(context, service, (int)c.Inputs["port"]!, withPort: (bool?)node["isProxylessGrpc"] == true).Domains);
    }
}
