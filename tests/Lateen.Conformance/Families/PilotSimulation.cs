using System.Text.Json.Nodes;
using Envoy.Config.Route.V3;
using Lateen.Conformance.Families.Pilot;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Translation;

namespace Lateen.Conformance.Families;

/// <summary>pilot-simulation: a mesh, a proxy, and where calls end by the generated configuration.</summary>
internal sealed class PilotSimulation : IConformanceFamily
{
    public string Name => "pilot-simulation";

    public CaseResult Run(ConformanceCase conformanceCase)
    {
        var mesh = Mesh(conformanceCase);
        if (mesh.Unsupported.Count > 0)
        {
            return CaseResult.Skipped($"{string.Join(", ", mesh.Unsupported.Distinct())} is not converted yet");
        }

        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(conformanceCase.Settings["proxy"] as JsonObject));
        var expected = conformanceCase.Expected!.AsObject();
        var reason = conformanceCase.Kind switch
        {
            "virtualHosts" => VirtualHosts(context, expected),
            "inboundClusters" => InboundClusters(context, expected) ?? Calls(context, expected),
            _ => Calls(context, expected),
        };
        return reason is null ? CaseResult.Passed : CaseResult.Failed(reason);
    }

    private static CaseMesh Mesh(ConformanceCase conformanceCase)
    {
        var inputs = conformanceCase.Inputs;
        var mesh = new CaseMesh(conformanceCase.Settings);
        foreach (var name in (string[])["istioConfig", "kubeConfig", "config"])
        {
            if (conformanceCase.Text(inputs[name]) is { } text)
            {
                mesh.AddYaml(text);
            }
        }

        var services = (inputs["services"] as JsonArray ?? []).Select(s => NeutralServices.Read((JsonObject)s!)).ToList();
        services.ForEach(mesh.Add);
        foreach (var group in (inputs["serviceInstances"] as JsonArray ?? []).OfType<JsonObject>().GroupBy(i => (string)i["service"]!))
        {
            var service = services.First(s => s.Hostname == group.Key);
            mesh.Add(new EndpointShard(service.Key, group.Select(i => new Endpoint
            {
                Address = (string)i["address"]!,
                Port = (int)i["endpointPort"]!,
                ServicePortName = service.FindPort((int)i["servicePort"]!)!.Name,
            }).ToEquatableArray()));
        }

        return mesh;
    }

    private static string? Calls(ProxyContext context, JsonObject expected)
    {
        var simulation = new TrafficSimulation(context);
        foreach (var entry in (expected["calls"] as JsonArray ?? []).OfType<JsonObject>())
        {
            var result = simulation.Run(SimulatedCall.Read((JsonObject)entry["call"]!));
            if (Differs((JsonObject)entry["expect"]!, result) is { } reason)
            {
                return $"{(string?)entry["name"]}: {reason} ({result with { TransportSocket = null }})";
            }
        }

        return null;
    }

    private static string? Differs(JsonObject expect, SimulatedResult result)
    {
        if ((string?)expect["error"] != result.Error)
        {
            return $"error: expected {expect["error"]?.ToString() ?? "none"}, found {result.Error ?? "none"}";
        }

        var strict = (bool?)expect["strict"] == true;
        (string Name, string Actual)[] fields =
        [
            ("listener", result.Listener),
            ("filterChain", result.FilterChain),
            ("routeConfig", result.RouteConfig),
            ("virtualHost", result.VirtualHost),
            ("route", result.Route),
            ("cluster", result.Cluster),
        ];
        foreach (var (name, actual) in fields)
        {
            var wanted = (string?)expect[name];
            if (wanted is null ? strict && actual.Length > 0 : wanted != actual)
            {
                return $"{name}: expected {wanted ?? "nothing"}, found {actual}";
            }
        }

        return expect["filterChainDownstreamTls"] is JsonObject tls ? TlsDiffers(tls, result) : null;
    }

    private static string? TlsDiffers(JsonObject expected, SimulatedResult result)
    {
        if (result.TransportSocket is not { } socket)
        {
            return "the chain does not end TLS";
        }

        var actual = socket.TypedConfig.Unpack<Envoy.Extensions.TransportSockets.Tls.V3.DownstreamTlsContext>();
        var secret = actual.CommonTlsContext.TlsCertificateSdsSecretConfigs.FirstOrDefault()?.Name;
        return (string?)expected["sdsSecretName"] == secret
            && ((bool?)expected["requireClientCertificate"] ?? false) == (actual.RequireClientCertificate ?? false)
            ? null
            : $"TLS: expected {expected.ToJsonString()}, found {secret}, client certificate {actual.RequireClientCertificate}";
    }

    private static string? VirtualHosts(ProxyContext context, JsonObject expected)
    {
        var configuration = ProxyTranslator.Route(context, (string)expected["routeConfig"]!);
        var actual = new Dictionary<string, List<string>>();
        foreach (var host in configuration.VirtualHosts)
        {
            foreach (var domain in host.Domains)
            {
                actual[domain] = [.. host.Routes.Select(Target)];
            }
        }

        foreach (var (domain, clusters) in expected["virtualHostClusters"]!.AsObject())
        {
            var wanted = (clusters as JsonArray)?.Select(c => (string)c!).ToList();
            var found = actual.GetValueOrDefault(domain);
            if (wanted is null ? found is not null : found is null || !wanted.SequenceEqual(found))
            {
                return $"{domain}: expected {(wanted is null ? "none" : string.Join(", ", wanted))}, "
                    + $"found {(found is null ? "none" : string.Join(", ", found))}";
            }
        }

        return null;
    }

    private static string Target(Route route) => route.Route_?.Cluster ?? "";

    private static string? InboundClusters(ProxyContext context, JsonObject expected)
    {
        var actual = ProxyTranslator.Clusters(context)
            .Where(c => c.Name.StartsWith("inbound", StringComparison.Ordinal)).ToDictionary(c => c.Name);
        var wanted = expected["inboundClusters"]!.AsObject();
        if (!wanted.Select(w => w.Key).Order().SequenceEqual(actual.Keys.Order()))
        {
            return $"clusters: expected {string.Join(", ", wanted.Select(w => w.Key))}, found {string.Join(", ", actual.Keys)}";
        }

        foreach (var (name, value) in wanted)
        {
            var cluster = actual[name];
            var endpoints = cluster.LoadAssignment is null ? null : new JsonArray([.. cluster.LoadAssignment.Endpoints
                .SelectMany(e => e.LbEndpoints).Select(e => (JsonNode)Text(e.Endpoint.Address)!)]);
            if (JsonDifference.First(value!["endpoints"], endpoints) is { } difference)
            {
                return $"{name} endpoints: {difference}";
            }

            var services = Services(cluster);
            if (JsonDifference.First(value["istioMetadataServices"], services) is { } other)
            {
                return $"{name} services: {other}";
            }
        }

        return null;
    }

    private static JsonArray? Services(Envoy.Config.Cluster.V3.Cluster cluster) =>
        cluster.Metadata.FilterMetadata.TryGetValue("istio", out var istio) && istio.Fields.TryGetValue("services", out var services)
            ? new JsonArray([.. services.ListValue.Values.Select(v => (JsonNode)v.StructValue.Fields["host"].StringValue!)])
            : null;

    private static string Text(Envoy.Config.Core.V3.Address address) => address.Pipe is { } pipe
        ? $"unix://{pipe.Path}"
        : $"{address.SocketAddress.Address}:{address.SocketAddress.PortValue}";
}
