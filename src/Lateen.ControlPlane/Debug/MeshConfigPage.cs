using System.Text.Json.Nodes;
using Lateen.Model.Mesh;

namespace Lateen.ControlPlane.Debug;

/// <summary>/debug/mesh: the settings that were given over the release's defaults, as protobuf JSON of MeshConfig.</summary>
/// <remarks>
/// As in Istio a field that is given replaces its default whole; defaultConfig and defaultProviders are joined field by field, proxyMetadata
/// entry by entry, extensionProviders by name, and trustDomainAliases are all that either has, sorted.
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

    public static JsonObject Of(MeshConfig mesh) => Over((JsonObject)JsonNode.Parse(Defaults)!, (JsonObject)JsonNode.Parse(mesh.Source.Json)!);

    /// <summary>The given settings over those of <paramref name="page"/>, which is changed and returned.</summary>
    internal static JsonObject Over(JsonObject page, JsonObject given)
    {
        foreach (var (name, value) in given)
        {
            page[name] = (name, page[name], value) switch
            {
                (_, _, null) => page[name]?.DeepClone(),
                ("defaultConfig" or "defaultProviders", JsonObject defaults, JsonObject more) => Joined(defaults, more),
                ("extensionProviders", JsonArray defaults, JsonArray more) => JoinedByName(defaults, more),
                ("trustDomainAliases", JsonArray defaults, JsonArray more) => JoinedNames(defaults, more),
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

    private static JsonArray JoinedNames(JsonArray below, JsonArray given) =>
        [.. below.Concat(given).Select(name => (string?)name).Distinct().Order(StringComparer.Ordinal).Select(name => (JsonNode?)name)];

    private static JsonArray JoinedByName(JsonArray below, JsonArray given)
    {
        var names = given.Select(provider => (string?)provider?["name"]).ToHashSet();
        return [.. below.Where(provider => !names.Contains((string?)provider?["name"])).Concat(given).Select(provider => provider?.DeepClone())];
    }
}
