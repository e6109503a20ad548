using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.ControlPlane.Discovery;
using Lateen.Model;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>/debug/config_dump: what a proxy is told, in the shape of Envoy's own dump (admin v3 ConfigDump), so that one reader serves both.</summary>
internal sealed class ConfigDumpPage(IResourceGenerator generator)
{
    private const string Admin = TypeUrls.Prefix + "envoy.admin.v3.";

    public JsonObject Of(XdsConnectionStatus connection, MeshSnapshot mesh)
    {
        var proxy = new ConnectedProxy(NodeReader.Read(connection.Peer.Node));
        return new JsonObject
        {
            ["configs"] = new JsonArray(
                Section("ClustersConfigDump", "dynamicActiveClusters", "cluster", TypeUrls.Cluster),
                Listeners(),
                Section("RoutesConfigDump", "dynamicRouteConfigs", "routeConfig", TypeUrls.RouteConfiguration),
                Section("EndpointsConfigDump", "dynamicEndpointConfigs", "endpointConfig", TypeUrls.ClusterLoadAssignment)),
        };

        JsonObject Section(string dump, string list, string field, string typeUrl) => new()
        {
            ["@type"] = Admin + dump,
            [list] = new JsonArray([.. Resources(typeUrl).Select(resource => (JsonNode)new JsonObject
            {
                ["versionInfo"] = resource.Version, [field] = Json(resource.Body),
            })]),
        };

        JsonObject Listeners() => new()
        {
            ["@type"] = Admin + "ListenersConfigDump",
            ["dynamicListeners"] = new JsonArray([.. Resources(TypeUrls.Listener).Select(resource => (JsonNode)new JsonObject
            {
                ["name"] = resource.Name,
                ["activeState"] = new JsonObject { ["versionInfo"] = resource.Version, ["listener"] = Json(resource.Body) },
            })]),
        };

        IEnumerable<XdsResource> Resources(string typeUrl)
        {
            var status = connection.Types.FirstOrDefault(type => type.TypeUrl == typeUrl);
            return status is null
                ? []
                : generator.Generate(mesh, proxy, new XdsQuery(typeUrl, status.IsWildcard, status.Names.ToHashSet())) ?? [];
        }
    }

    private static JsonNode? Json(Any body) => JsonNode.Parse(XdsJson.Format(body));
}
