using System.Text.Json.Nodes;
using Lateen.Api;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>/debug/syncz: what was sent to and acknowledged by each proxy, as istioctl proxy-status reads it.</summary>
internal static class SyncStatusPage
{
    private static readonly (string TypeUrl, string Field)[] Types =
    [
        (TypeUrls.Cluster, "cluster"), (TypeUrls.Listener, "listener"), (TypeUrls.RouteConfiguration, "route"),
        (TypeUrls.ClusterLoadAssignment, "endpoint"), (TypeUrls.TypedExtensionConfig, "extensionconfig"),
    ];

    public static JsonArray Of(IEnumerable<XdsConnectionStatus> connections, string clusterId)
    {
        var page = new JsonArray();
        foreach (var connection in connections)
        {
            var node = connection.Peer.Node;
            var parts = node.Id.Split('~');
            var entry = new JsonObject
            {
                ["cluster_id"] = ClusterOf(connection, clusterId),
                ["proxy"] = parts.Length == 4 ? parts[2] : node.Id,
                ["proxy_type"] = parts[0],
                ["proxy_version"] = VersionOf(connection),
                ["istio_version"] = VersionOf(connection),
            };
            foreach (var (typeUrl, field) in Types)
            {
                var status = connection.Types.FirstOrDefault(type => type.TypeUrl == typeUrl);
                Add($"{field}_sent", status?.SentNonce);
                Add($"{field}_acked", status?.AckedNonce);
            }

            page.Add((JsonNode)entry);
            continue;

            void Add(string name, string? nonce)
            {
                if (!string.IsNullOrEmpty(nonce))
                {
                    entry[name] = nonce;
                }
            }
        }

        return page;
    }

    /// <summary>The cluster that a proxy says it is of, else this one.</summary>
    public static string ClusterOf(XdsConnectionStatus connection, string otherwise) => Text(connection, "CLUSTER_ID") is { Length: > 0 } id ? id : otherwise;

    /// <summary>The release that a proxy says it is of; empty for none.</summary>
    public static string VersionOf(XdsConnectionStatus connection) => Text(connection, "ISTIO_VERSION");

    private static string Text(XdsConnectionStatus connection, string key) =>
        connection.Peer.Node.Metadata?.Fields is { } metadata && metadata.TryGetValue(key, out var value) ? value.StringValue : "";
}
