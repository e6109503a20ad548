using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.Schema;

namespace Lateen.Injection.Config;

/// <summary>The proxy configuration that a mesh has when nobody wrote one, and what a given one says beyond it.</summary>
/// <remarks>Source: Istio's "Global Mesh Options", ProxyConfig, release 1.19.</remarks>
internal static class ProxyConfigDefaults
{
    private static readonly JsonObject Defaults = (JsonObject)JsonNode.Parse(
        """
        {
          "configPath": "./etc/istio/proxy", "binaryPath": "/usr/local/bin/envoy", "serviceCluster": "istio-proxy",
          "drainDuration": "45s", "terminationDrainDuration": "5s", "discoveryAddress": "istiod.istio-system.svc:15012",
          "proxyAdminPort": 15000, "controlPlaneAuthPolicy": "MUTUAL_TLS", "interceptionMode": "REDIRECT",
          "statNameLength": 189, "statusPort": 15020, "tracing": {"zipkin": {"address": "zipkin.istio-system:9411"}}
        }
        """)!;

    public static JsonObject Create() => (JsonObject)Defaults.DeepClone();

    /// <summary>The configuration without what is a default or empty: what PROXY_CONFIG tells the sidecar.</summary>
    public static JsonObject Without(JsonObject config) => new(config
        .Where(entry => !JsonNode.DeepEquals(entry.Value, Defaults[entry.Key]) && !IsEmpty(entry.Key, entry.Value))
        .Select(entry => KeyValuePair.Create(entry.Key, entry.Value?.DeepClone())));

    // A wrapper that is set to false, and a message without fields, say something; an empty text, list or map does not.
    private static bool IsEmpty(string name, JsonNode? value)
    {
        var kind = MeshSchema.ProxyConfig.Field(name)?.Type.Kind;
        return value switch
        {
            null => true,
            JsonArray list => list.Count == 0,
            JsonObject map => map.Count == 0 && kind == KubeKind.Map,
            JsonValue scalar when kind != KubeKind.Wrapper => scalar.GetValueKind() == JsonValueKind.False || scalar.ToJsonString() is "0" or "\"\"",
            _ => false,
        };
    }
}
