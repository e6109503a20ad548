using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Workloads;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages that show Istio resources: configz, resourcesz, authorizationz, telemetryz, sidecarz.</summary>
internal static class ConfigPages
{
    /// <summary>Every resource in force as a Kubernetes object.</summary>
    public static JsonArray Configs(MeshSnapshot mesh) => [.. mesh.Index.Inputs.Configs.Select(config =>
    {
        var meta = config.Meta;
        return (JsonNode)new JsonObject
        {
            ["apiVersion"] = $"{meta.Group}/{meta.Version}",
            ["kind"] = meta.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = meta.Name,
                ["namespace"] = meta.Namespace,
                ["labels"] = ServiceJson.Map(meta.Labels),
                ["annotations"] = ServiceJson.Map(meta.Annotations),
                ["generation"] = meta.Generation,
                ["resourceVersion"] = meta.ResourceVersion,
                ["creationTimestamp"] = meta.CreationTimestamp,
            },
            ["spec"] = Spec(meta),
        };
    })];

    public static JsonArray Kinds() => [.. ResourceTypes.Istio.Select(type => (JsonNode)new JsonObject
    {
        ["group"] = type.Group, ["version"] = type.Version, ["kind"] = type.Kind,
    })];

    /// <summary>The AuthorizationPolicies by namespace, the oldest first.</summary>
    public static JsonObject Policies(MeshSnapshot mesh) => new()
    {
        ["namespace_to_policies"] = ByNamespace(mesh.Index.AuthorizationPolicies.Select(policy => policy.Meta), meta => new JsonObject
        {
            ["name"] = meta.Name, ["namespace"] = meta.Namespace, ["annotations"] = ServiceJson.Map(meta.Annotations), ["spec"] = Spec(meta),
        }),
        ["root_namespace"] = mesh.Mesh.RootNamespace,
    };

    /// <summary>The Telemetry resources by namespace, the oldest first.</summary>
    public static JsonObject Telemetries(MeshSnapshot mesh) => new()
    {
        ["namespace_to_telemetries"] = ByNamespace(mesh.Index.Telemetries.Select(telemetry => telemetry.Meta), meta => new JsonObject
        {
            ["name"] = meta.Name, ["namespace"] = meta.Namespace, ["spec"] = Spec(meta),
        }),
        ["root_namespace"] = mesh.Mesh.RootNamespace,
    };

    /// <summary>What a proxy can see.</summary>
    public static JsonObject Scope(ProxyNode proxy, MeshSnapshot mesh)
    {
        var scope = mesh.ScopeOf(proxy);
        var rules = new JsonObject();
        foreach (var service in scope.Services)
        {
            // Istio keeps the rules by the host that they were looked up for.
            if (mesh.Index.DestinationRules.Find(proxy.Namespace, proxy.Labels, service) is { } rule)
            {
                rules[service.Hostname] = new JsonArray([.. rule.From.Select(meta => (JsonNode)$"{meta.Namespace}/{meta.Name}")]);
            }
        }

        return new JsonObject
        {
            ["version"] = mesh.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["rootNamespace"] = mesh.Mesh.RootNamespace,
            ["name"] = scope.Sidecar?.Meta.Name ?? "default-sidecar",
            ["namespace"] = scope.Sidecar?.Meta.Namespace ?? scope.Namespace,
            ["outboundTrafficPolicy"] = new JsonObject { ["mode"] = scope.OutboundTrafficPolicy.Mode == OutboundTrafficMode.AllowAny ? "ALLOW_ANY" : "REGISTRY_ONLY" },
            ["services"] = new JsonArray([.. scope.Services.Select(service => (JsonNode)ServiceJson.Of(service))]),
            ["sidecar"] = scope.Sidecar is { } sidecar ? Spec(sidecar.Meta) : null,
            ["destinationRules"] = rules,
        };
    }

    private static JsonObject ByNamespace(IEnumerable<ConfigMeta> metas, Func<ConfigMeta, JsonObject> entry) => new(metas
        .GroupBy(meta => meta.Namespace)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonArray([.. group.Select(meta => (JsonNode)entry(meta))]))));

    private static JsonNode? Spec(ConfigMeta meta) => JsonNode.Parse(meta.Spec.Json);
}
