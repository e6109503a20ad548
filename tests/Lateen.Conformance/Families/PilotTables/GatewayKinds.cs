using System.Text.Json.Nodes;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Translation.Gateways;
using Lateen.Translation.Listeners;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Gateways: their listeners, filters, servers and TLS.</summary>
internal static class GatewayKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["gateway-listeners"] = Listeners,
        ["gateway-listener-filters"] = Filters,
        ["gateway-merge"] = Merge,
        ["gateway-tls-context"] = Tls,
    };

    private static CaseResult Listeners(ConformanceCase c)
    {
        var mesh = Mesh(c, "configs");
        var address = (string?)c.Settings["proxy"]?["ip"]?[0] ?? "1.1.1.1";
        foreach (var instance in (c.Inputs["proxyServiceInstances"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var service = NeutralServices.Read((JsonObject)instance["service"]!);
            var port = (JsonObject?)instance["servicePort"] ?? [];
            service = service with
            {
                Hostname = service.Hostname.Length == 0 ? "gateway.service" : service.Hostname,
                Ports = [new ServicePort { Name = (string?)port["name"] ?? "", Number = (int?)port["port"] ?? 0, Protocol = Protocols.Parse((string?)port["protocol"] ?? "TCP") }],
            };
            mesh.Add(service);
            mesh.Add(new EndpointShard(service.Key, [new Endpoint
            {
                Address = address,
                Port = (int?)instance["endpoint"]?["endpointPort"] ?? 0,
                ServicePortName = service.Ports[0].Name,
            }]));
        }

        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(c.Settings["proxy"] as JsonObject));
        return KindChecks.CompareSet(KindChecks.Texts(c.Expected!["listenerNames"]), GatewayListeners.Build(context).Select(l => l.Name));
    }

    private static CaseResult Filters(ConformanceCase c)
    {
        var settings = new JsonObject { ["meshConfig"] = new JsonObject { ["defaultConfig"] = c.Inputs["proxyConfig"]?.DeepClone() ?? new JsonObject() } };
        var context = new ProxyContext(Mesh(c, "configs", settings).Build(), Router());
        var listeners = GatewayListeners.Build(context).ToList();
        if (listeners.Count != 1)
        {
            return CaseResult.Failed($"expected one listener, found {listeners.Count}");
        }

        var actual = new JsonArray([.. listeners[0].FilterChains.Select(chain => (JsonNode)new JsonObject
        {
            ["networkFilters"] = new JsonArray([.. chain.Filters.Select(f => (JsonNode)f.Name)]),
            ["httpFilters"] = new JsonArray([.. chain.Filters
                .Where(f => f.Name == "envoy.filters.network.http_connection_manager")
                .SelectMany(f => f.TypedConfig.Unpack<HttpConnectionManager>().HttpFilters)
                .Select(f => (JsonNode)f.Name)]),
        })]);
        var expected = new JsonArray([.. c.Expected!["expectedListener"]!["filterChains"]!.AsArray().Select((chain, i) => (JsonNode)new JsonObject
        {
            // What a chain does not say is not checked.
            ["networkFilters"] = (chain!["networkFilters"] ?? actual.ElementAtOrDefault(i)?["networkFilters"])?.DeepClone(),
            ["httpFilters"] = (chain["httpFilters"] ?? actual.ElementAtOrDefault(i)?["httpFilters"])?.DeepClone(),
        })]);
        var wanted = KindChecks.Texts(c.Expected["expectedListener"]!["filters"]).FirstOrDefault(name => !listeners[0].ListenerFilters.Any(f => f.Name == name));
        return wanted is null ? KindChecks.Compare(expected, actual) : CaseResult.Failed($"listener filter {wanted} is missing");
    }

    private static CaseResult Merge(ConformanceCase c)
    {
        var mesh = Mesh(c, "gwConfig");
        var servers = GatewayServers.Find(new ProxyContext(mesh.Build(), Router()));
        var bound = servers.Listeners.SelectMany(l => l.Servers).ToList();
        var routes = bound.Where(s => s.RouteName.Length > 0).GroupBy(s => s.RouteName);
        var expected = c.Expected!.AsObject();
        foreach (var (name, value) in expected)
        {
            var result = name switch
            {
                "mergedServersNum" => KindChecks.Compare(value, (JsonNode)servers.Listeners.Sum(l => l.Servers.GroupBy(Chain).Count())),
                "serverNum" => KindChecks.Compare(value, (JsonNode)bound.Count),
                "serversForRouteNum" => KindChecks.Compare(value, new JsonObject(routes.Select(r => KeyValuePair.Create(r.Key, (JsonNode?)r.Count())))),
                _ => CaseResult.Passed,
            };
            if (result.Outcome != CaseOutcome.Passed)
            {
                return CaseResult.Failed($"{name}: {result.Reason}");
            }
        }

        return CaseResult.Passed;
    }

    /// <summary>Servers of one listener are merged where they have one filter chain: plain HTTP together, TLS each by itself.</summary>
    private static string Chain(BoundServer server) => server.IsTls ? $"{server.GatewayName}/{server.Server.Port.Name}/{server.Server.Hosts[0]}" : "plain";

    private static CaseResult Tls(ConformanceCase c)
    {
        var server = (JsonObject)c.Inputs["server"]!.DeepClone();
        var gateway = KindMesh.Config<GatewayConfig>(
            "networking.istio.io/v1alpha3", "Gateway", new JsonObject { ["servers"] = new JsonArray(server) });
        var read = gateway.Servers[0];
        if (read.Tls is null || read.Tls.Mode is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough)
        {
            return KindChecks.CompareMessage(c.Expected!["result"], null);
        }

        if (c.Expected!["result"]?["commonTlsContext"]?["alpnProtocols"]?[0]?.ToString() == "h3")
        {
            return CaseResult.Skipped("there are no QUIC listeners");
        }

        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = c.Inputs["mesh"]?.DeepClone() });
        var context = new ProxyContext(mesh.Build(), Router());
        return KindChecks.CompareMessage(
            c.Expected!["result"], ServerTls.Context(context, read.Tls, InboundTls.HttpAlpn));
    }

    private static CaseMesh Mesh(ConformanceCase c, string input, JsonObject? settings = null)
    {
        var mesh = new CaseMesh(settings ?? c.Settings);
        var order = 0;
        foreach (var config in c.Inputs[input] as JsonArray ?? [])
        {
            // The first is the oldest.
            var dated = config!.DeepClone();
            dated["metadata"]!.AsObject().TryAdd("creationTimestamp", $"2024-01-01T00:00:{order++:00}Z");
            mesh.Add(JsonTree.From(dated));
        }

        return mesh;
    }

    private static Model.Workloads.ProxyNode Router() => CaseProxy.Read(new JsonObject
    {
        ["type"] = "router",
        ["id"] = "v0.default",
        ["dnsDomain"] = "default.example.org",
        ["labels"] = new JsonObject { ["istio"] = "ingressgateway" },
        ["metadata"] = new JsonObject { ["NAMESPACE"] = "not-default" },
    });
}
