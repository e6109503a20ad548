using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Extensions.Upstreams.Http.V3;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Translation;
using Lateen.Translation.Clusters;

namespace Lateen.Conformance.Families.PilotTables;

/// <summary>Clusters out of DestinationRules, and TLS towards services.</summary>
internal static class ClusterKinds
{
    private const string TlsSocket = "envoy.transport_sockets.tls";

    public static IReadOnlyDictionary<string, Func<ConformanceCase, CaseResult>> All { get; } = new Dictionary<string, Func<ConformanceCase, CaseResult>>
    {
        ["cluster-destination-rule"] = Subsets,
        ["cluster-tls-context"] = TlsContext,
        ["cluster-insecure-skip-verify"] = SkipVerify,
        ["cluster-outlier-detection"] = Outlier,
        ["cluster-load-balancer"] = LoadBalancer,
        ["cluster-tcp-keepalive"] = TcpKeepalive,
        ["cluster-h2-upgrade"] = Upgrade,
        ["cluster-passthrough"] = Passthrough,
        ["cds-san"] = Sans,
    };

    private static CaseResult Subsets(ConformanceCase c)
    {
        var expected = c.Expected!["expectedSubsetClusters"] as JsonArray ?? [];
        var clusters = c.Inputs["destRule"] is null ? [] : Clusters(c).Where(x => x.Name.Split('|') is [_, _, { Length: > 0 }, _] or ["outbound", _, { Length: > 0 }, _]).ToList();
        if (clusters.Count != expected.Count)
        {
            return CaseResult.Failed($"expected {expected.Count} subset clusters, found {string.Join(", ", clusters.Select(x => x.Name))}");
        }

        foreach (var wanted in expected.OfType<JsonObject>())
        {
            var name = (string)wanted["name"]!;
            if (clusters.Find(x => x.Name == name) is not { } cluster)
            {
                return CaseResult.Failed($"no cluster {name}; there are {string.Join(", ", clusters.Select(x => x.Name))}");
            }

            var actual = (JsonObject)MessageAssertions.Json(cluster);
            foreach (var (field, value) in wanted)
            {
                // Only what the table says of the cluster.
                if (PartDiffers(value, actual[field]) is { } difference)
                {
                    return CaseResult.Failed($"{name} {field}: {difference}");
                }
            }
        }

        return CaseResult.Passed;
    }

    /// <summary>The first place where the expected part is not in the actual value.</summary>
    private static string? PartDiffers(JsonNode? expected, JsonNode? actual)
    {
        if (expected is JsonObject map && map.Count > 0)
        {
            return map.Select(e => PartDiffers(e.Value, (actual as JsonObject)?[e.Key]) is { } inner ? $"{e.Key}: {inner}" : null).FirstOrDefault(d => d is not null);
        }

        return MessageAssertions.Difference(expected, actual);
    }

    /// <summary>The outbound clusters of the case's service port under its rule.</summary>
    private static List<Cluster> Clusters(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        var service = NeutralServices.Read((JsonObject)c.Inputs["service"]!);
        var port = (int)c.Inputs["port"]!["port"]!;
        var isStatic = (string?)c.Inputs["cluster"]?["type"] is not "STRICT_DNS" and not "LOGICAL_DNS";
        if (!isStatic && service.Resolution == Resolution.Static)
        {
            service = service with { Resolution = Resolution.Dns };
        }

        mesh.Add(service);
        mesh.Add(new EndpointShard(service.Key, service.Ports.Select(p => new Endpoint
        {
            Address = "192.168.1.1",
            Port = 10001,
            ServicePortName = p.Name,
            Labels = c.Inputs["endpoints"] is null ? new[] { KeyValuePair.Create("foo", "bar") }.ToEquatableMap() : EquatableMap<string, string>.Empty,
        }).ToEquatableArray()));
        mesh.Add(KindMesh.Config<DestinationRuleConfig>(new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1alpha3",
            ["kind"] = "DestinationRule",
            ["metadata"] = new JsonObject { ["name"] = "acme", ["namespace"] = "default" },
            ["spec"] = c.Inputs["destRule"]!.DeepClone(),
        }));
        var metadata = new JsonObject();
        foreach (var (key, value) in c.Inputs["proxy"]?["metadata"] as JsonObject ?? [])
        {
            metadata[key] = value?.ToString();
        }

        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(new JsonObject { ["metadata"] = metadata }));
        return ProxyTranslator.Clusters(context).Where(x => Naming.ParseOutbound(x.Name)?.Port == port).ToList();
    }

    private static CaseResult TlsContext(ConformanceCase c)
    {
        var tls = c.Inputs["tls"] as JsonObject ?? [];
        var expected = c.Expected!["result"]!;
        var options = c.Inputs["opts"] as JsonObject ?? [];
        var json = new JsonObject
        {
            ["apiVersion"] = "networking.istio.io/v1alpha3",
            ["kind"] = "DestinationRule",
            ["metadata"] = new JsonObject { ["name"] = "acme", ["namespace"] = "default" },
            ["spec"] = new JsonObject { ["host"] = "a", ["trafficPolicy"] = new JsonObject { ["tls"] = tls.DeepClone() } },
        };
        if (expected["err"] is not null)
        {
            // The reference fails while it translates; here the rule is not let in.
            var refused = Lateen.Config.Decoding.Istio.IstioDecoder.Decode(JsonTree.From(json)).HasErrors;
            return refused ? CaseResult.Passed : CaseResult.Failed("the rule is accepted");
        }

        var rule = KindMesh.Config<DestinationRuleConfig>(json);
        if ((bool?)options["isDrWithSelector"] == true)
        {
            rule = rule with { WorkloadSelector = new(new[] { KeyValuePair.Create("app", "a") }.ToEquatableMap()) };
        }

        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = options["mesh"]?.DeepClone() });
        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(new JsonObject { ["type"] = (bool?)c.Inputs["router"] == true ? "router" : "sidecar" }));
        var service = new Service
        {
            Hostname = "a",
            Registry = (string?)options["serviceRegistry"] == "External" ? Registry.External : Registry.Kubernetes,
            ServiceAccounts = KindChecks.Texts(options["serviceAccounts"]).ToEquatableArray(),
        };
        var target = new OutboundTarget(service, new ServicePort { Number = 80 }, rule, [rule.Meta], null);
        var cluster = new Cluster { Name = "test-cluster" };
        if ((bool?)c.Inputs["h2"] == true)
        {
            cluster.TypedExtensionProtocolOptions["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"] =
                new HttpProtocolOptions { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } }.Pack();
        }

        var settings = rule.TrafficPolicy!.Tls!;
        return KindChecks.CompareMessage(
            expected["tlsContext"], UpstreamTls.Context(cluster, UpstreamTls.Completed(settings, target, context), target, context));
    }

    private static CaseResult SkipVerify(ConformanceCase c)
    {
        var cluster = Clusters(c).FirstOrDefault(x => Naming.ParseOutbound(x.Name)?.Subset.Length == 0);
        var actual = cluster?.TransportSocket?.Name == TlsSocket ? cluster.TransportSocket.TypedConfig.Unpack<UpstreamTlsContext>() : null;
        return KindChecks.CompareMessage(c.Expected!["expectTLSContext"], actual);
    }

    private static CaseResult Outlier(ConformanceCase c)
    {
        var cluster = new Cluster();
        OutlierDetections.Apply(cluster, c.Inputs["cfg"] is JsonObject settings ? Policy("outlierDetection", settings).OutlierDetection : null);
        return KindChecks.CompareMessage(c.Expected!["o"], cluster.OutlierDetection);
    }

    private static CaseResult LoadBalancer(ConformanceCase c)
    {
        var cluster = new Cluster
        {
            Type = (string?)c.Inputs["discoveryType"] == "ORIGINAL_DST" ? Cluster.Types.DiscoveryType.OriginalDst : Cluster.Types.DiscoveryType.Eds,
        };
        var settings = c.Inputs["lbSettings"] is JsonObject json ? Policy("loadBalancer", json).LoadBalancer : null;
        var context = new ProxyContext(new CaseMesh(c.Settings).Build(), CaseProxy.Read(null));
        LoadBalancing.Apply(cluster, settings, Protocols.Parse((string?)c.Inputs["port"]?["protocol"] ?? ""), context);
        var policy = MessageAssertions.Json(new Cluster { LbPolicy = cluster.LbPolicy })["lbPolicy"]?.ToString() ?? "ROUND_ROBIN";
        return (string)c.Expected!["expectedLbPolicy"]! != policy
            ? CaseResult.Failed($"expected {c.Expected["expectedLbPolicy"]}, found {policy}")
            : c.Expected["expectedLocalityWeightedConfig"] is null
                ? CaseResult.Passed
                : KindChecks.Compare(true, cluster.CommonLbConfig?.LocalityWeightedLbConfig is not null);
    }

    private static CaseResult TcpKeepalive(ConformanceCase c)
    {
        var cluster = new Cluster();
        var pool = Policy("connectionPool", (JsonObject)c.Inputs["connectionPool"]!).ConnectionPool;
        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = c.Inputs["mesh"]?.DeepClone() }).Build().Mesh;
        Keepalive.Apply(cluster, pool?.Tcp?.TcpKeepalive, mesh.TcpKeepalive);
        return KindChecks.CompareMessage(c.Expected!["wantConnOpts"], cluster.UpstreamConnectionOptions);
    }

    private static CaseResult Upgrade(ConformanceCase c)
    {
        if ((string?)c.Inputs["direction"] == "inbound")
        {
            // Nothing here upgrades an inbound cluster: the application is spoken to as the caller spoke.
            return KindChecks.Compare((bool)c.Expected!["upgrade"]!, false);
        }

        var cluster = new Cluster { CircuitBreakers = ConnectionPools.NoLimits() };
        var mesh = new CaseMesh(new JsonObject { ["meshConfig"] = c.Inputs["mesh"]?.DeepClone() }).Build().Mesh;
        var pool = Policy("connectionPool", (JsonObject)c.Inputs["connectionPool"]!).ConnectionPool;
        ConnectionPools.Apply(cluster, pool, Protocols.Parse((string)c.Inputs["port"]!["protocol"]!), mesh);
        return KindChecks.Compare((bool)c.Expected!["upgrade"]!, ConnectionPools.IsHttp2(cluster));
    }

    private static CaseResult Passthrough(ConformanceCase c)
    {
        var context = new ProxyContext(new CaseMesh(c.Settings).Build(), CaseProxy.Read(new JsonObject { ["ip"] = c.Inputs["ips"]!.DeepClone() }));
        var names = ProxyTranslator.Clusters(context).Select(x => x.Name).ToList();
        var found = (names.Contains(Naming.InboundPassthroughIpv4), names.Contains(Naming.InboundPassthroughIpv6));
        var wanted = ((bool)c.Expected!["ipv4Expected"]!, (bool)c.Expected["ipv6Expected"]!);
        return found == wanted ? CaseResult.Passed : CaseResult.Failed($"expected {wanted}, found {found}");
    }

    private static CaseResult Sans(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        foreach (var name in (string[])["objs", "configs"])
        {
            foreach (var json in c.Inputs[name] as JsonArray ?? [])
            {
                mesh.Add(JsonTree.From(json));
            }
        }

        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(new JsonObject { ["namespace"] = "test" }));
        var cluster = ProxyTranslator.Clusters(context).FirstOrDefault(x => x.Name == "outbound|80||example.default.svc.cluster.local");
        var sans = cluster?.TransportSocket is { Name: TlsSocket } socket
            ? socket.TypedConfig.Unpack<UpstreamTlsContext>().CommonTlsContext.CombinedValidationContext?.DefaultValidationContext?.MatchSubjectAltNames.Select(s => s.Exact) ?? []
            : [];
        return KindChecks.CompareSet(KindChecks.Texts(c.Expected!["sans"]), sans);
    }

    private static TrafficPolicy Policy(string block, JsonObject settings) => KindMesh.Config<DestinationRuleConfig>(
        "networking.istio.io/v1alpha3",
        "DestinationRule",
        new JsonObject { ["host"] = "a", ["trafficPolicy"] = new JsonObject { [block] = settings.DeepClone() } }).TrafficPolicy!;
}
