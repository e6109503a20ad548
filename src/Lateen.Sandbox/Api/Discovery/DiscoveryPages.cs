using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Discovery;

/// <summary>Says which groups, versions and resources are served (Kubernetes API concepts, "API discovery").</summary>
internal static class DiscoveryPages
{
    /// <summary>The page at a discovery path, or null when the path names none.</summary>
    public static JsonObject? At(string path, ResourceCatalog catalog, string serverAddress) => path.Trim('/').Split('/') switch
    {
        ["api"] => CoreVersions(serverAddress),
        ["apis"] => Groups(catalog),
        ["api", "v1"] => Resources(catalog, "", "v1"),
        ["apis", var group] => catalog.Groups.Where(g => g.Group == group && group.Length > 0).Select(g => Group(g.Group, g.Versions, root: true)).FirstOrDefault(),
        ["apis", var group, var version] when catalog.Of(group, version).Any() => Resources(catalog, group, version),
        _ => null,
    };

    private static JsonObject CoreVersions(string serverAddress) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = serverAddress }),
    };

    private static JsonObject Groups(ResourceCatalog catalog) => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. catalog.Groups.Where(g => g.Group.Length > 0).Select(g => (JsonNode)Group(g.Group, g.Versions, root: false))]),
    };

    private static JsonObject Group(string group, IReadOnlyList<string> versions, bool root)
    {
        static JsonObject Entry(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };
        var page = new JsonObject();
        if (root)
        {
            page["kind"] = "APIGroup";
            page["apiVersion"] = "v1";
        }

        page["name"] = group;
        page["versions"] = new JsonArray([.. versions.Select(v => (JsonNode)Entry(group, v))]);
        page["preferredVersion"] = Entry(group, versions[0]);
        return page;
    }

    private static JsonObject Resources(ResourceCatalog catalog, string group, string version)
    {
        var resources = new JsonArray();
        foreach (var resource in catalog.Of(group, version))
        {
            resources.Add((JsonNode)Resource(resource));
            foreach (var (name, verbs) in resource.Subresources)
            {
                resources.Add((JsonNode)Subresource(resource, name, verbs));
            }
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static JsonObject Resource(ApiResource resource)
    {
        var entry = new JsonObject
        {
            ["name"] = resource.Plural,
            ["singularName"] = resource.Singular,
            ["namespaced"] = resource.Namespaced,
            ["kind"] = resource.Kind,
            ["verbs"] = Strings(resource.Verbs),
        };
        if (resource.ShortNames.Count > 0)
        {
            entry["shortNames"] = Strings(resource.ShortNames);
        }

        if (resource.Categories.Count > 0)
        {
            entry["categories"] = Strings(resource.Categories);
        }

        return entry;
    }

    private static JsonObject Subresource(ApiResource resource, string name, string[] verbs)
    {
        var (group, version, kind) = name switch
        {
            "scale" => ("autoscaling", "v1", "Scale"),
            "eviction" => ("policy", "v1", "Eviction"),
            "token" => ("authentication.k8s.io", "v1", "TokenRequest"),
            "binding" => ("", "", "Binding"),
            "exec" or "attach" or "portforward" or "proxy" => ("", "", $"{resource.Kind}{Option(name)}Options"),
            _ => ("", "", resource.Kind),
        };
        var entry = new JsonObject
        {
            ["name"] = $"{resource.Plural}/{name}",
            ["singularName"] = "",
            ["namespaced"] = resource.Namespaced,
            ["kind"] = kind,
            ["verbs"] = Strings(verbs),
        };
        if (group.Length > 0)
        {
            entry["group"] = group;
            entry["version"] = version;
        }

        return entry;
    }

    private static string Option(string subresource) => subresource switch
    {
        "exec" => "Exec",
        "attach" => "Attach",
        "portforward" => "PortForward",
        _ => "Proxy",
    };

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(v => (JsonNode)v)];
}
