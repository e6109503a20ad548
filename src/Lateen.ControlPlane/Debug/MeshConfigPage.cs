using System.Text.Json.Nodes;
using Lateen.Model.Mesh;

namespace Lateen.ControlPlane.Debug;

/// <summary>/debug/mesh: the settings that were given over the release's defaults, as protobuf JSON of MeshConfig.</summary>
/// <remarks>
/// As in Istio a field that is given replaces its default whole; defaultConfig is joined field by field, its proxyMetadata entry by entry,
/// and extensionProviders by name.
/// </remarks>
internal static class MeshConfigPage
{
    // Control plane sheet, 19.
    private const string Defaults =
        """
        {
          "proxyListenPort": 15001,
          "proxyInboundListenPort": 15006,
          "connectTimeout": "10s",
          "protocolDetectionTimeout": "0s",
          "ingressClass": "istio",
          "ingressService": "istio-ingressgateway",
          "ingressControllerMode": "STRICT",
          "ingressSelector": "ingressgateway",
          "enableTracing": true,
          "accessLogFile": "",
          "accessLogFormat": "",
          "accessLogEncoding": "TEXT",
          "defaultConfig": {
            "configPath": "./etc/istio/proxy",
            "binaryPath": "/usr/local/bin/envoy",
            "serviceCluster": "istio-proxy",
            "drainDuration": "45s",
            "discoveryAddress": "istiod.istio-system.svc:15012",
            "proxyAdminPort": 15000,
            "controlPlaneAuthPolicy": "MUTUAL_TLS",
            "statNameLength": 189,
            "tracing": { "zipkin": { "address": "zipkin.istio-system:9411" } },
            "statusPort": 15020,
            "terminationDrainDuration": "5s"
          },
          "outboundTrafficPolicy": { "mode": "ALLOW_ANY" },
          "enableAutoMtls": true,
          "trustDomain": "cluster.local",
          "trustDomainAliases": [],
          "defaultServiceExportTo": ["*"],
          "defaultVirtualServiceExportTo": ["*"],
          "defaultDestinationRuleExportTo": ["*"],
          "rootNamespace": "istio-system",
          "localityLbSetting": { "enabled": true },
          "dnsRefreshRate": "60s",
          "h2UpgradePolicy": "DO_NOT_UPGRADE",
          "enablePrometheusMerge": true,
          "extensionProviders": [
            { "name": "prometheus", "prometheus": {} },
            { "name": "stackdriver", "stackdriver": {} },
            { "name": "envoy", "envoyFileAccessLog": { "path": "/dev/stdout" } }
          ],
          "defaultProviders": {}
        }
        """;

    public static JsonObject Of(MeshConfig mesh)
    {
        var page = (JsonObject)JsonNode.Parse(Defaults)!;
        var given = (JsonObject)JsonNode.Parse(mesh.Source.Json)!;
        foreach (var (name, value) in given)
        {
            page[name] = (name, page[name], value) switch
            {
                (_, _, null) => page[name]?.DeepClone(),
                ("defaultConfig", JsonObject defaults, JsonObject config) => Joined(defaults, config),
                ("extensionProviders", JsonArray defaults, JsonArray providers) => JoinedByName(defaults, providers),
                _ => value.DeepClone(),
            };
        }

        return page;
    }

    private static JsonObject Joined(JsonObject below, JsonObject given)
    {
        var joined = (JsonObject)below.DeepClone();
        foreach (var (name, value) in given)
        {
            joined[name] = name == "proxyMetadata" && joined[name] is JsonObject map && value is JsonObject more ? Joined(map, more) : value?.DeepClone();
        }

        return joined;
    }

    private static JsonArray JoinedByName(JsonArray below, JsonArray given)
    {
        var names = given.Select(provider => (string?)provider?["name"]).ToHashSet();
        return [.. below.Where(provider => !names.Contains((string?)provider?["name"])).Concat(given).Select(provider => provider?.DeepClone())];
    }
}
