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
            var metadata = node.Metadata?.Fields;
            var entry = new JsonObject
            {
                ["cluster_id"] = Text("CLUSTER_ID") is { Length: > 0 } id ? id : clusterId,
                ["proxy"] = parts.Length == 4 ? parts[2] : node.Id,
                ["proxy_type"] = parts[0],
                ["proxy_version"] = Text("ISTIO_VERSION"),
                ["istio_version"] = Text("ISTIO_VERSION"),
            };
            foreach (var (typeUrl, field) in Types)
            {
                var status = connection.Types.FirstOrDefault(type => type.TypeUrl == typeUrl);
                Add($"{field}_sent", status?.SentNonce);
                Add($"{field}_acked", status?.AckedNonce);
            }

            page.Add((JsonNode)entry);
            continue;

            string Text(string key) => metadata is not null && metadata.TryGetValue(key, out var value) ? value.StringValue : "";

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
}
