using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages about the control plane's own state: endpointShardz, push_status, pushcontext, networkz, clusterz.</summary>
internal static class StatePages
{
    /// <summary>Addresses by host, namespace and cluster.</summary>
    public static JsonObject Shards(MeshSnapshot mesh, string clusterId)
    {
        var page = new JsonObject();
        foreach (var host in mesh.Index.Services.GroupBy(service => service.Hostname))
        {
            page[host.Key] = new JsonObject(host.Select(service => KeyValuePair.Create(service.Namespace, (JsonNode?)new JsonObject
            {
                ["Shards"] = new JsonObject
                {
                    [$"{service.Registry}/{clusterId}"] = new JsonArray([.. service.Ports
                        .SelectMany(port => mesh.EndpointsOf(service, port))
                        .Select(endpoint => (JsonNode)ServiceJson.Of(endpoint))]),
                },
                ["ServiceAccounts"] = new JsonObject(service.Ports.SelectMany(port => mesh.EndpointsOf(service, port))
                    .Select(endpoint => endpoint.ServiceAccount).Where(account => account.Length > 0).Distinct()
                    .Order(StringComparer.Ordinal).Select(account => KeyValuePair.Create(account, (JsonNode?)new JsonObject()))),
            })).DistinctBy(entry => entry.Key));
        }

        return page;
    }

    /// <summary>What of the configuration could not be honoured, by code and object.</summary>
    public static JsonObject Problems(IEnumerable<ModelProblem> problems) => new()
    {
        ["ProxyStatus"] = new JsonObject(problems
            .GroupBy(problem => problem.Code.Length > 0 ? problem.Code : "IST0106")
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonObject(group
                .GroupBy(problem => problem.Subject)
                .OrderBy(subject => subject.Key, StringComparer.Ordinal)
                .Select(subject => KeyValuePair.Create(subject.Key, (JsonNode?)new JsonArray([.. subject
                    .Select(problem => (JsonNode)new JsonObject { ["field"] = problem.FieldPath, ["message"] = problem.What, ["fix"] = problem.Fix })]))))))),
    };

    /// <summary>The gateways into other networks.</summary>
    public static JsonArray Networks(MeshSnapshot mesh) => [.. mesh.Index.Networks.All.Select(gateway => (JsonNode)Of(gateway))];

    /// <summary>What of the mesh is the same for all proxies.</summary>
    public static JsonObject PushContext(MeshSnapshot mesh) => new()
    {
        ["AuthorizationPolicies"] = ConfigPages.Policies(mesh),
        ["NetworkGateways"] = new JsonObject(mesh.Index.Networks.All.GroupBy(gateway => gateway.Network)
            .Select(network => KeyValuePair.Create(network.Key, (JsonNode?)new JsonArray([.. network.Select(gateway => (JsonNode)Of(gateway))])))),
    };

    private static JsonObject Of(NetworkGateway gateway) => new()
    {
        ["Network"] = gateway.Network, ["Cluster"] = gateway.ClusterId, ["Addr"] = gateway.Address, ["Port"] = gateway.Port,
    };

    /// <summary>The clusters that are watched: this one alone.</summary>
    public static JsonArray Clusters(string clusterId) => [(JsonNode)new JsonObject { ["id"] = clusterId, ["secretName"] = "", ["syncStatus"] = "synced" }];
}
