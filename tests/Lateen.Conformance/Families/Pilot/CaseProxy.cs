using System.Text.Json.Nodes;
using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Conformance.Families.Pilot;

/// <summary>The proxy of a case: what the settings say, the rest as the corpus README states.</summary>
internal static class CaseProxy
{
    public static ProxyNode Read(JsonObject? proxy)
    {
        proxy ??= [];
        var metadata = Map(proxy["metadata"] as JsonObject);
        var ns = (string?)proxy["namespace"] ?? metadata.Find("NAMESPACE") ?? "default";
        return new()
        {
            Id = (string?)proxy["id"] ?? "app.test",
            Type = (string?)proxy["type"] switch
            {
                "router" => ProxyType.Router,
                "waypoint" => ProxyType.Waypoint,
                _ => ProxyType.Sidecar,
            },
            Addresses = proxy["ip"] is JsonArray { Count: > 0 } ips ? ips.Select(i => (string)i!).ToEquatableArray() : ["1.1.1.1"],
            // Istio takes the configuration namespace from the metadata; it is the same unless a case says otherwise.
            Namespace = metadata.Find("NAMESPACE") ?? ns,
            DnsDomain = (string?)proxy["dnsDomain"] ?? $"{ns}.svc.cluster.local",
            Labels = Map(proxy["labels"] as JsonObject),
            Metadata = metadata,
            // Null is a proxy that names no version; only one that the case does not speak of has the default.
            IstioVersion = proxy.TryGetPropertyValue("istioVersion", out var version) ? (string?)version ?? "" : "1.19.0",
            ClusterId = metadata.Find("CLUSTER_ID") ?? "Kubernetes",
            Network = metadata.Find("NETWORK") ?? "",
            NetworkView = (metadata.Find("REQUESTED_NETWORK_VIEW") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).ToEquatableArray(),
            InterceptionMode = metadata.Find("INTERCEPTION_MODE") switch
            {
                "NONE" => InterceptionMode.None,
                "TPROXY" => InterceptionMode.Tproxy,
                _ => InterceptionMode.Redirect,
            },
        };
    }

    private static EquatableMap<string, string> Map(JsonObject? map) =>
        (map ?? []).Select(e => KeyValuePair.Create(e.Key, e.Value is JsonValue v && v.TryGetValue(out string? s) ? s : e.Value?.ToJsonString() ?? ""))
            .ToEquatableMap();
}
