using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.ControlPlane.Discovery;
using Lateen.Model;
using Lateen.Translation;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages about services, endpoints and connected proxies: registryz, endpointz, instancesz, adsz, connections.</summary>
internal static class MeshPages
{
    public static JsonArray Registry(MeshSnapshot mesh) => [.. mesh.Index.Services.Select(service => (JsonNode)ServiceJson.Of(service))];

    /// <param name="brief">One line of text for each endpoint.</param>
    public static DebugAnswer Endpoints(MeshSnapshot mesh, bool brief)
    {
        var page = new JsonArray();
        var lines = new StringBuilder();
        foreach (var service in mesh.Index.Services)
        {
            foreach (var port in service.Ports)
            {
                var endpoints = mesh.EndpointsOf(service, port);
                if (!brief)
                {
                    page.Add((JsonNode)new JsonObject
                    {
                        ["svc"] = $"{service.Hostname}:{port.Name}",
                        ["ep"] = new JsonArray([.. endpoints.Select(endpoint => (JsonNode)ServiceJson.Instance(service, port, ServiceJson.Of(endpoint)))]),
                    });
                    continue;
                }

                foreach (var endpoint in endpoints)
                {
                    // Labels as Go prints a map.
                    var labels = string.Join(' ', endpoint.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}:{label.Value}"));
                    lines.Append(
                        CultureInfo.InvariantCulture,
                        $"{service.Hostname}:{port.Name} {endpoint.Address}:{endpoint.Port} map[{labels}] {endpoint.ServiceAccount}\n");
                }
            }
        }

        return brief ? DebugAnswer.Plain(lines.ToString()) : DebugAnswer.Json(page);
    }

    /// <summary>What each proxy's own workload serves, by proxy id.</summary>
    public static JsonObject Instances(IEnumerable<XdsConnectionStatus> proxies, MeshSnapshot mesh)
    {
        var page = new JsonObject();
        foreach (var node in proxies.Select(connection => ProxyPages.NodeOf(connection, mesh)))
        {
            page[node.Id] = new JsonArray([.. ProxyTranslator.InstancesOf(mesh, node).Select(instance => (JsonNode)ServiceJson.Instance(
                instance.Service,
                instance.Port,
                new JsonObject
                {
                    ["Labels"] = ServiceJson.Map(node.Labels),
                    ["Address"] = node.Address,
                    ["ServicePortName"] = instance.Port.Name,
                    ["EndpointPort"] = instance.TargetPort,
                    ["Network"] = node.Network,
                    ["Locality"] = ServiceJson.Of(node.Locality, node.ClusterId),
                    ["Namespace"] = node.Namespace,
                }))]);
        }

        return page;
    }

    /// <summary>Who is connected, with what they said of themselves and what they ask for.</summary>
    public static JsonObject Clients(IReadOnlyList<XdsConnectionStatus> connections) => List(connections, client =>
    {
        var (entry, connection) = client;
        var node = NodeReader.Read(connection.Peer.Node);
        entry["labels"] = ServiceJson.Map(node.Labels);
        entry["metadata"] = connection.Peer.Node.Metadata is { } metadata ? JsonNode.Parse(Api.XdsJson.Format(metadata)) : new JsonObject();
        entry["locality"] = new JsonObject { ["region"] = node.Locality.Region, ["zone"] = node.Locality.Zone, ["subZone"] = node.Locality.Subzone };
        entry["watches"] = new JsonObject(connection.Types.Select(type => KeyValuePair.Create(
            type.TypeUrl, (JsonNode?)new JsonArray([.. type.Names.Select(name => (JsonNode)name)]))));
    });

    /// <summary>Who is connected.</summary>
    public static JsonObject Connections(IReadOnlyList<XdsConnectionStatus> connections) => List(connections, _ => { });

    private static JsonObject List(IReadOnlyList<XdsConnectionStatus> connections, Action<(JsonObject Entry, XdsConnectionStatus Connection)> complete) => new()
    {
        ["totalClients"] = connections.Count,
        ["clients"] = new JsonArray([.. connections.Select(connection =>
        {
            var entry = new JsonObject
            {
                ["connectionId"] = connection.Peer.ConnectionId,
                ["connectedAt"] = connection.Peer.ConnectedAt,
                ["address"] = connection.Peer.Call.Peer,
            };
            complete((entry, connection));
            return (JsonNode)entry;
        })]),
    };
}
