using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages that show the mesh as the control plane knows it: registryz, endpointz, configz, adsz.</summary>
internal static class MeshPages
{
    public static JsonArray Registry(MeshSnapshot mesh) => [.. mesh.Index.Services.Select(service => (JsonNode)new JsonObject
    {
        ["hostname"] = service.Hostname,
        ["Attributes"] = new JsonObject
        {
            ["ServiceRegistry"] = service.Registry.ToString(),
            ["Name"] = service.Name,
            ["Namespace"] = service.Namespace,
            ["Labels"] = Map(service.Labels),
            ["LabelSelectors"] = Map(service.Selector),
            ["ExportTo"] = Texts(service.ExportTo),
        },
        ["defaultAddress"] = service.Address,
        ["ports"] = new JsonArray([.. service.Ports.Select(port => (JsonNode)new JsonObject
        {
            ["name"] = port.Name, ["port"] = port.Number, ["protocol"] = Protocols.Name(port.Protocol),
        })]),
        ["Resolution"] = service.Resolution.ToString(),
        ["MeshExternal"] = service.MeshExternal,
        ["creationTime"] = service.CreationTime,
        ["resourceVersion"] = service.ResourceVersion,
    })];

    public static JsonArray Endpoints(MeshSnapshot mesh)
    {
        var page = new JsonArray();
        foreach (var service in mesh.Index.Services)
        {
            foreach (var port in service.Ports)
            {
                page.Add((JsonNode)new JsonObject
                {
                    ["svc"] = $"{service.Hostname}:{port.Name}",
                    ["ep"] = new JsonArray([.. mesh.EndpointsOf(service, port).Select(endpoint => (JsonNode)new JsonObject
                    {
                        ["Address"] = endpoint.Address,
                        ["EndpointPort"] = endpoint.Port,
                        ["ServicePortName"] = endpoint.ServicePortName,
                        ["Labels"] = Map(endpoint.Labels),
                        ["ServiceAccount"] = endpoint.ServiceAccount,
                        ["TLSMode"] = endpoint.TlsMode,
                        ["Locality"] = endpoint.Locality.ToString(),
                        ["WorkloadName"] = endpoint.WorkloadName,
                        ["NodeName"] = endpoint.NodeName,
                    })]),
                });
            }
        }

        return page;
    }

    public static JsonArray Configs(MeshSnapshot mesh) => [.. mesh.Index.Inputs.Configs.Select(config => (JsonNode)new JsonObject
    {
        ["apiVersion"] = $"{config.Meta.Group}/{config.Meta.Version}",
        ["kind"] = config.Meta.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = config.Meta.Name,
            ["namespace"] = config.Meta.Namespace,
            ["generation"] = config.Meta.Generation,
            ["resourceVersion"] = config.Meta.ResourceVersion,
            ["creationTimestamp"] = config.Meta.CreationTimestamp,
        },
    })];

    public static JsonObject Clients(IReadOnlyList<XdsConnectionStatus> connections) => new()
    {
        ["totalClients"] = connections.Count,
        ["clients"] = new JsonArray([.. connections.Select(connection => (JsonNode)new JsonObject
        {
            ["connectionId"] = connection.Peer.ConnectionId,
            ["connectedAt"] = connection.Peer.ConnectedAt,
            ["address"] = connection.Peer.Call.Peer,
            ["watches"] = new JsonObject(connection.Types.Select(type => KeyValuePair.Create(
                type.TypeUrl, (JsonNode?)new JsonArray([.. type.Names.Select(name => (JsonNode)name)])))),
        })]),
    };

    private static JsonObject Map(EquatableMap<string, string> map) =>
        new(map.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value)));

    private static JsonArray Texts(EquatableArray<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
