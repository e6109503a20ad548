using System.Text.Json.Nodes;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Lateen.Config.Decoding;
using Lateen.Conformance.Families.Pilot;
using Lateen.Conformance.Families.PilotTables;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Services;
using ModelEndpoint = Lateen.Model.Services.Endpoint;
using Lateen.Translation;

namespace Lateen.Conformance.Families.PilotXds;

/// <summary>Endpoints as proxies of several clusters and networks see them.</summary>
internal static class EndpointCases
{
    public static CaseResult Networks(ConformanceCase c)
    {
        var snapshot = Mesh(c).Build();
        foreach (var entry in c.Expected!["proxies"]!.AsArray().OfType<JsonObject>())
        {
            var context = new ProxyContext(snapshot, CaseProxy.Read(entry["proxy"] as JsonObject));
            var assignments = ProxyTranslator.Clusters(context)
                .Where(cluster => cluster.Type == Cluster.Types.DiscoveryType.Eds)
                .Select(cluster => ProxyTranslator.Endpoints(context, cluster.Name))
                .Where(assignment => assignment.Endpoints.Count > 0);
            var difference = entry["weightedEndpoints"] is { } weighted
                ? JsonDifference.First(SortedLocalities(weighted), new JsonObject(assignments.Select(a => KeyValuePair.Create(a.ClusterName, (JsonNode?)Weighted(a, withPort: false)))))
                : JsonDifference.First(Sorted(entry["endpoints"]), new JsonObject(assignments.Select(a => KeyValuePair.Create(a.ClusterName, (JsonNode?)Addresses(a)))));
            if (difference is not null)
            {
                return CaseResult.Failed($"{context.Proxy.Id}: {difference}");
            }
        }

        return CaseResult.Passed;
    }

    public static CaseResult NetworkFilter(ConformanceCase c)
    {
        var environment = JsonNode.Parse(c.Text(c.Inputs["environment"])!)!;
        var mesh = new CaseMesh(c.Settings);
        var described = environment["service"]!;
        var service = new Service
        {
            Hostname = (string)described["hostname"]!,
            Name = "example",
            Namespace = (string)described["namespace"]!,
            Ports = [new ServicePort { Name = "http", Number = (int)described["port"]!, Protocol = Protocol.Http }],
        };
        mesh.Add(service);
        mesh.Add(new EndpointShard(service.Key, environment["endpoints"]!.AsArray().Select(e => new ModelEndpoint
        {
            Address = (string)e!["address"]!,
            Port = (int)e["port"]!,
            ServicePortName = "http",
            Namespace = service.Namespace,
            Network = (string)e["network"]!,
            ClusterId = (string)e["shardCluster"]!,
            TlsMode = (string)e["tlsMode"]!,
            Labels = ((JsonObject)e["labels"]!).Select(l => KeyValuePair.Create(l.Key, (string)l.Value!)).ToEquatableMap(),
        }).ToEquatableArray()));
        mesh.NetworkGateways = environment["networkGateways"]!.AsArray().Select(g => new NetworkGateway
        {
            Network = (string)g!["network"]!,
            ClusterId = (string)g["cluster"]!,
            Address = (string)g["addr"]!,
            Port = (int)g["port"]!,
        }).ToEquatableArray();
        foreach (var config in c.Inputs["configs"]!.AsArray())
        {
            mesh.Add(JsonTree.From(config));
        }

        var proxy = c.Settings["proxy"]!;
        var context = new ProxyContext(mesh.Build(), CaseProxy.Read(new JsonObject
        {
            ["namespace"] = service.Namespace,
            ["metadata"] = new JsonObject { ["NETWORK"] = (string?)proxy["network"], ["CLUSTER_ID"] = (string?)proxy["clusterID"] },
        }));
        var assignment = ProxyTranslator.Endpoints(
            context, Naming.Outbound(service.Hostname, (string?)c.Settings["subset"] ?? "", service.Ports[0].Number));
        return KindChecks.Compare(SortedEndpoints(c.Expected!["localityEndpoints"]!), Weighted(assignment, withPort: false));
    }

    public static CaseResult ClusterLocal(ConformanceCase c)
    {
        var snapshot = Mesh(c).Build();
        foreach (var (cluster, endpoints) in c.Expected!["endpointsByProxyClusterID"]!.AsObject())
        {
            var context = new ProxyContext(snapshot, CaseProxy.Read(new JsonObject { ["metadata"] = new JsonObject { ["CLUSTER_ID"] = cluster } }));
            var found = Addresses(ProxyTranslator.Endpoints(context, (string)c.Expected["cluster"]!));
            if (JsonDifference.First(Sorted(endpoints!.AsArray()), found) is { } difference)
            {
                return CaseResult.Failed($"cluster {cluster}: {difference}");
            }
        }

        return CaseResult.Passed;
    }

    private static CaseMesh Mesh(ConformanceCase c)
    {
        var mesh = new CaseMesh(c.Settings);
        mesh.AddYaml(c.Text(c.Inputs["istioConfig"])!);
        foreach (var (cluster, objects) in c.Inputs["kube"] as JsonObject ?? [])
        {
            mesh.AddYaml(c.Text(objects)!, cluster);
        }

        return mesh;
    }

    private static JsonArray Addresses(ClusterLoadAssignment assignment) =>
        Sorted(new JsonArray([.. assignment.Endpoints.SelectMany(l => l.LbEndpoints).Select(e => (JsonNode)AddressOf(e, withPort: true))]));

    private static JsonArray Weighted(ClusterLoadAssignment assignment, bool withPort) =>
        SortedEndpoints(new JsonArray([.. assignment.Endpoints.Select(locality => (JsonNode)new JsonObject
        {
            ["weight"] = locality.LoadBalancingWeight,
            ["endpoints"] = new JsonArray([.. locality.LbEndpoints.Select(e => (JsonNode)new JsonObject
            {
                ["address"] = AddressOf(e, withPort),
                ["weight"] = e.LoadBalancingWeight,
            })]),
        })]));

    private static string AddressOf(LbEndpoint endpoint, bool withPort)
    {
        var socket = endpoint.Endpoint.Address.SocketAddress;
        return withPort ? $"{socket.Address}:{socket.PortValue}" : socket.Address;
    }

    private static JsonObject Sorted(JsonNode? byCluster) =>
        new((byCluster as JsonObject ?? []).Select(e => KeyValuePair.Create(e.Key, (JsonNode?)Sorted(e.Value!.AsArray()))));

    private static JsonArray Sorted(JsonArray texts) =>
        new([.. texts.Select(t => (string)t!).Order(StringComparer.Ordinal).Select(t => (JsonNode)t)]);

    private static JsonObject SortedLocalities(JsonNode byCluster) =>
        new(byCluster.AsObject().Select(e => KeyValuePair.Create(e.Key, (JsonNode?)SortedEndpoints(e.Value!))));

    private static JsonArray SortedEndpoints(JsonNode localities) =>
        new([.. localities.AsArray().Select(l => (JsonNode)new JsonObject
        {
            ["weight"] = l!["weight"]!.DeepClone(),
            ["endpoints"] = new JsonArray([.. l["endpoints"]!.AsArray()
                .OrderBy(e => (string)e!["address"]!, StringComparer.Ordinal).Select(e => e!.DeepClone())]),
        })]);
}
