using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Snapshots;
using Lateen.ControlPlane.Discovery;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>/debug/config_distribution: which generation of a resource each proxy has; `istioctl x wait` asks it.</summary>
/// <remarks>
/// A proxy has what was in force when the newest of its answers came, if it left nothing open: that is one mark for all types. A proxy that
/// does not have the resource's generation yet, or refused some of it, is listed without a version.
/// </remarks>
internal static class DistributionPage
{
    /// <param name="query">`resource` is KIND/NAMESPACE/NAME, GROUP/VERSION may stand before it; `proxy_namespace` limits the list.</param>
    public static DebugAnswer Of(DebugSources sources, DebugQuery query)
    {
        if (query["resource"].Split('/') is not [.., var kind, var ns, var name])
        {
            return DebugAnswer.Refusal((int)HttpStatusCode.UnprocessableEntity, "querystring parameter 'resource' is required: KIND/NAMESPACE/NAME\n");
        }

        var resource = sources.Resources().FirstOrDefault(state => state.Name == new ResourceName(kind, ns, name));
        var wanted = query["proxy_namespace"];
        return DebugAnswer.Json(new JsonArray([.. sources.Proxies()
            .Where(connection => wanted.Length == 0 || NodeReader.Read(connection.Peer.Node).Namespace == wanted)
            .Select(connection => (JsonNode)Entry(connection, resource))]));
    }

    private static JsonObject Entry(XdsConnectionStatus connection, ResourceState? resource)
    {
        var entry = new JsonObject { ["proxy"] = NodeReader.Read(connection.Peer.Node).Id };
        if (resource?.InForce is { } inForce && connection.Applied >= resource.Since)
        {
            var generation = (resource.IsQuarantined ? inForce.Meta : resource.Meta).Generation.ToString(CultureInfo.InvariantCulture);
            foreach (var type in (ReadOnlySpan<string>)["cluster_acked", "listener_acked", "route_acked"])
            {
                entry[type] = generation;
            }
        }

        return entry;
    }
}
