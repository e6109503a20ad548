using System.Text.Json.Nodes;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Extensions;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Translation.Clusters;
using Lateen.Translation.Endpoints;
using Lateen.Translation.Extensions;
using Lateen.Translation.Listeners;
using Lateen.Translation.Routes;
using Lateen.Translation.Telemetries;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Connections: their routes, statistics' names, inspectors, addresses and endpoints.</summary>
internal static class TrafficKinds
{
    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["tunneling-config"] = Tunnel,
        ["outbound-stat-prefix"] = OutboundStatPrefix,
        ["inbound-stat-prefix"] = c => KindChecks.Compare(
            (string)c.Expected!["expectedStatPrefix"]!,
            StatNames.Of((string)c.Inputs["statPattern"]!, new InboundPort { TargetPort = 8888, ServicePort = 9999, Host = "v0.default.example.org" })),
        ["stat-prefix-inbound"] = InboundStatPrefix,
        ["tls-match"] = c => Conditions(c, StaticConditions.Of(ReadMatch(c, "tls", source => source.Tls[0].Match[0])), "namespace"),
        ["tcp-match"] = c => Conditions(c, StaticConditions.Of(ReadMatch(c, "tcp", source => source.Tcp[0].Match[0])), "namespace"),
        ["route-source-match"] = c => Conditions(c, StaticConditions.Of(ReadMatch(c, "http", source => source.Http[0].Match[0])), "proxyNamespace"),
        ["listener-inbound-inspectors"] = InboundInspectors,
        ["wasm-match-listener"] = WasmMatch,
        ["util-address-to-cidr"] = c => KindChecks.CompareMessage(c.Expected!["want"], Protobuf.Cidr((string)c.Inputs["addr"]!)),
        ["util-endpoint-metadata"] = Metadata,
        ["locality-or-default"] = c => KindChecks.Compare(
            Locality.Parse((string)c.Expected!["expected"]!).ToString(),
            Locality.OfLabel((string?)c.Inputs["label"], (string?)c.Inputs["defaultLabel"] ?? "").ToString()),
    };

    private static CaseResult Tunnel(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        mesh.Add(External("tunnel-proxy.com", 3128));
        mesh.Add(KindMesh.Config<DestinationRuleConfig>(
            "networking.istio.io/v1alpha3", "DestinationRule", (JsonObject)c.Inputs["destinationRule"]!, "default"));
        var proxy = Proxy(new(mesh.Build(), CaseProxy.Read(null)), c.Inputs["routeDestinations"]!, 9999);
        return KindChecks.CompareMessage(c.Expected!["expectedTunnelingConfig"], proxy.TunnelingConfig);
    }

    private static CaseResult OutboundStatPrefix(ConformanceCase c)
    {
        var mesh = new CaseMesh(new JsonObject
        {
            ["meshConfig"] = new JsonObject { ["outboundClusterStatName"] = c.Inputs["statPattern"]?.DeepClone() ?? "" },
        });
        mesh.Add(External("test.com", 9999));
        var proxy = Proxy(new(mesh.Build(), CaseProxy.Read(null)), c.Inputs["routes"]!, 9999);
        return KindChecks.Compare((string)c.Expected!["expectedStatPrefix"]!, proxy.StatPrefix);
    }

    private static Service External(string host, int port) => new()
    {
        Hostname = host,
        Name = host,
        Namespace = "default",
        Registry = Registry.External,
        Ports = [new ServicePort { Name = "default", Number = port, Protocol = Protocol.Tcp }],
    };

    /// <summary>The TCP proxy that carries connections of a port to these destinations.</summary>
    private static TcpProxy Proxy(ProxyContext context, JsonNode destinations, int port)
    {
        var source = VirtualService("tcp", new JsonObject { ["route"] = destinations.DeepClone() });
        var scope = new TcpRouteScope(
            context,
            new ServicePort { Name = "tcp", Number = port, Protocol = Protocol.Tcp },
            source.Meta with { Name = "test.com", Namespace = "ns" });
        return TcpRouteFilters.Of(scope, source.Tcp[0].Route).Last().TypedConfig.Unpack<TcpProxy>();
    }

    private static VirtualServiceConfig VirtualService(string part, JsonObject route) => KindMesh.Config<VirtualServiceConfig>(
        "networking.istio.io/v1alpha3", "VirtualService", new JsonObject { ["hosts"] = new JsonArray("a.com"), [part] = new JsonArray(route) });

    private static CaseResult InboundStatPrefix(ConformanceCase c)
    {
        var metadata = c.Inputs["tm"]!;
        var number = (int)c.Inputs["port"]!;
        var name = (string)c.Inputs["portName"]!;
        var service = new Service
        {
            Hostname = (string)metadata["instanceHostname"]!,
            Name = (string?)metadata["kubernetesServiceName"] ?? "",
            Namespace = (string?)metadata["kubernetesServiceNamespace"] ?? "",
            Registry = metadata["kubernetesServiceName"] is null ? Registry.External : Registry.Kubernetes,
        };
        var port = new InboundPort
        {
            TargetPort = number,
            ServicePort = number,
            Host = service.Hostname,
            Name = name,
            Services = [new(service, new ServicePort { Name = name, Number = number }, number)],
        };
        return KindChecks.Compare((string)c.Expected!["want"]!, StatNames.Of((string)c.Inputs["statPattern"]!, port));
    }

    private static T ReadMatch<T>(ConformanceCase c, string part, Func<VirtualServiceConfig, T> first) => first(VirtualService(part, new JsonObject
    {
        ["match"] = new JsonArray(c.Inputs["args"]!["match"]!.DeepClone()),
        ["route"] = new JsonArray(new JsonObject { ["destination"] = new JsonObject { ["host"] = "a.com" } }),
    }));

    private static CaseResult Conditions(ConformanceCase c, StaticConditions conditions, string ns)
    {
        var args = c.Inputs["args"]!;
        var gateways = (args["gateways"] as JsonObject ?? args["gatewayNames"] as JsonObject ?? [])
            .Where(g => (bool?)g.Value == true).Select(g => g.Key).ToHashSet();
        var labels = (args["proxyLabels"] as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!)).ToEquatableMap();
        return KindChecks.Compare(
            (bool)c.Expected!["want"]!,
            conditions.HoldAt((int?)args["port"] ?? conditions.Port, gateways) && conditions.HoldFor((string?)args[ns] ?? "", labels));
    }

    private static CaseResult InboundInspectors(ConformanceCase c)
    {
        var mesh = new CaseMesh([]);
        mesh.AddYaml((string)c.Inputs["config"]!);
        foreach (var json in c.Settings["services"]!.AsArray())
        {
            // A word in brackets behind a protocol explains it.
            var protocol = ((string)json!["protocol"]!).Split(' ')[0];
            var number = (int)json["port"]!;
            var service = External((string)json["hostname"]!, number) with
            {
                Ports = [new ServicePort { Name = "p", Number = number, Protocol = Protocols.Parse(protocol) }],
            };
            mesh.Add(service);
            mesh.Add(new EndpointShard(service.Key, [new Endpoint { Address = "1.1.1.1", Port = number, ServicePortName = "p" }]));
        }

        var listener = VirtualInbound.Build(new(mesh.Build(), CaseProxy.Read(null))).Single(l => l.Name == Naming.VirtualInbound);
        var actual = new JsonObject();
        foreach (var (key, name) in (ReadOnlySpan<(string, string)>)[("http", ListenerFilters.HttpInspectorName), ("tls", ListenerFilters.TlsInspectorName)])
        {
            var filter = listener.ListenerFilters.FirstOrDefault(f => f.Name == name);
            actual[key] = filter is null ? null : new JsonObject((c.Expected![key] as JsonObject ?? [])
                .Select(p => KeyValuePair.Create(p.Key, (JsonNode?)IsDisabled(filter.FilterDisabled, int.Parse(p.Key, System.Globalization.CultureInfo.InvariantCulture)))));
        }

        // An inspector that runs nowhere need not be there.
        var wanted = new JsonObject(c.Expected!.AsObject().Select(e => KeyValuePair.Create(
            e.Key, actual[e.Key] is null && e.Value is JsonObject all && all.All(p => (bool)p.Value!) ? null : e.Value?.DeepClone())));
        return KindChecks.Compare(wanted, actual);
    }

    private static bool IsDisabled(ListenerFilterChainMatchPredicate? predicate, int port) => predicate?.RuleCase switch
    {
        ListenerFilterChainMatchPredicate.RuleOneofCase.AnyMatch => predicate.AnyMatch,
        ListenerFilterChainMatchPredicate.RuleOneofCase.OrMatch => predicate.OrMatch.Rules.Any(rule => IsDisabled(rule, port)),
        ListenerFilterChainMatchPredicate.RuleOneofCase.AndMatch => predicate.AndMatch.Rules.All(rule => IsDisabled(rule, port)),
        ListenerFilterChainMatchPredicate.RuleOneofCase.NotMatch => !IsDisabled(predicate.NotMatch, port),
        ListenerFilterChainMatchPredicate.RuleOneofCase.DestinationPortRange => port >= predicate.DestinationPortRange.Start && port < predicate.DestinationPortRange.End,
        _ => false,
    };

    private static CaseResult WasmMatch(ConformanceCase c)
    {
        var plugin = KindMesh.Config<WasmPluginConfig>("extensions.istio.io/v1alpha1", "WasmPlugin", (JsonObject)c.Inputs["wasmPlugin"]!["wasmPlugin"]!);
        var labels = (c.Inputs["proxyLabels"] as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!)).ToEquatableMap();
        var listener = c.Inputs["listenerInfo"]!;
        ListenerClass? kind = (string?)listener["class"] switch
        {
            "ListenerClassSidecarInbound" => ListenerClass.SidecarInbound,
            "ListenerClassSidecarOutbound" => ListenerClass.SidecarOutbound,
            "ListenerClassGateway" => ListenerClass.Gateway,
            _ => null,
        };
        return KindChecks.Compare(
            (bool)c.Expected!["want"]!,
            plugin.Selector?.Matches(labels) != false && WasmPlugins.Carries(plugin.Match, kind, (int?)listener["port"] ?? 0));
    }

    private static CaseResult Metadata(ConformanceCase c)
    {
        var metadata = c.Inputs["metadata"]!;
        var endpoint = new Endpoint
        {
            Address = "1.1.1.1",
            Port = 80,
            ServicePortName = "http",
            Namespace = (string?)metadata["namespace"] ?? "",
            WorkloadName = (string?)metadata["workloadName"] ?? "",
            Labels = (metadata["labels"] as JsonObject ?? []).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!)).ToEquatableMap(),
        };
        return KindChecks.CompareMessage(
            c.Expected!["want"], EndpointMetadata.Of(endpoint, (string?)metadata["clusterID"] ?? "", (string?)metadata["tlsMode"] == EndpointMetadata.MutualMode));
    }
}
