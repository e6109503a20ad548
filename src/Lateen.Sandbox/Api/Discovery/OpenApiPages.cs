using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Discovery;

/// <summary>The OpenAPI documents that kubectl reads before it writes.</summary>
/// <remarks>
/// Version 2 is a document without definitions: a client that validates by it (kubectl before 1.25) finds nothing to hold an
/// object against and leaves validation to the server. Version 3 says that the server validates fields, and deliberately
/// does not announce strategic merge patch, because kubectl would then compute patches from schemas that are not here; it
/// falls back to the Go types that it was built with. The schemas say which fields there are, for <c>kubectl explain</c>.
/// </remarks>
internal static class OpenApiPages
{
    public static JsonObject V2Json() => new()
    {
        ["swagger"] = "2.0",
        ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = ServerVersion.GitVersion },
        ["paths"] = new JsonObject(),
        ["definitions"] = new JsonObject(),
    };

    public static JsonObject V3Index(ResourceCatalog catalog)
    {
        var paths = new JsonObject();
        foreach (var (group, versions) in catalog.Groups)
        {
            foreach (var version in versions)
            {
                var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
                // What the server was built with changes only with the server; definitions change at any time.
                var content = catalog.Of(group, version).Any(resource => resource.Custom is not null) ? V3(catalog, group, version).ToJsonString() : $"{ServerVersion.GitVersion} {path}";
                var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
                paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={hash}" };
            }
        }

        return new JsonObject { ["paths"] = paths };
    }

    /// <summary>The document at a path below <c>/openapi/v3/</c>, or null.</summary>
    public static JsonObject? V3(string path, ResourceCatalog catalog) => path.Trim('/').Split('/') switch
    {
        ["api", var version] when catalog.Of("", version).Any() => V3(catalog, "", version),
        ["apis", var group, var version] when catalog.Of(group, version).Any() => V3(catalog, group, version),
        _ => null,
    };

    private static JsonObject V3(ResourceCatalog catalog, string group, string version)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject();
        foreach (var resource in catalog.Of(group, version))
        {
            var root = (group.Length == 0 ? $"/api/{version}" : $"/apis/{group}/{version}") + (resource.Namespaced ? "/namespaces/{namespace}" : "");
            paths[$"{root}/{resource.Plural}"] = new JsonObject
            {
                ["get"] = Operation(resource, "list", []),
                ["post"] = Operation(resource, "post", ["dryRun", "fieldManager", "fieldValidation"]),
            };
            paths[$"{root}/{resource.Plural}/{{name}}"] = new JsonObject
            {
                ["get"] = Operation(resource, "get", []),
                ["put"] = Operation(resource, "put", ["dryRun", "fieldManager", "fieldValidation"]),
                ["patch"] = Operation(resource, "patch", ["dryRun", "fieldManager", "fieldValidation", "force"], "application/merge-patch+json"),
                ["delete"] = Operation(resource, "delete", ["dryRun", "gracePeriodSeconds", "propagationPolicy"]),
            };
            schemas[SchemaName(resource)] = Schema(resource, schemas);
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = ServerVersion.GitVersion },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static string SchemaName(ApiResource resource)
    {
        var domain = resource.Group.Contains('.', StringComparison.Ordinal)
            ? string.Join('.', resource.Group.Split('.').Reverse())
            : "io.k8s.api." + (resource.Group.Length == 0 ? "core" : resource.Group);
        return $"{domain}.{resource.Version}.{resource.Kind}";
    }

    private static JsonObject Schema(ApiResource resource, JsonObject schemas)
    {
        var schema = resource.Custom is { Schema.ValueKind: System.Text.Json.JsonValueKind.Object } custom
            ? JsonObject.Create(custom.Schema)!
            : new JsonObject { ["type"] = "object", ["description"] = $"{resource.Kind} of {resource.ApiVersion}." };
        if (schema["properties"] is not JsonObject properties)
        {
            schema["properties"] = properties = resource.Custom is null ? OpenApiSchemas.Properties(resource, schemas) ?? [] : [];
        }

        properties["apiVersion"] = new JsonObject { ["type"] = "string" };
        properties["kind"] = new JsonObject { ["type"] = "string" };
        if (!properties.ContainsKey("metadata"))
        {
            properties["metadata"] = new JsonObject { ["type"] = "object" };
        }

        schema["x-kubernetes-group-version-kind"] = new JsonArray(GroupVersionKind(resource));
        return schema;
    }

    private static JsonObject Operation(ApiResource resource, string action, string[] parameters, string? patchType = null)
    {
        var operation = new JsonObject
        {
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = GroupVersionKind(resource),
            ["parameters"] = new JsonArray([.. parameters.Select(p => (JsonNode)new JsonObject
            {
                ["name"] = p,
                ["in"] = "query",
                ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
            })]),
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
        };
        if (patchType is not null)
        {
            operation["requestBody"] = new JsonObject { ["content"] = new JsonObject { [patchType] = new JsonObject() } };
        }

        return operation;
    }

    private static JsonObject GroupVersionKind(ApiResource resource) =>
        new() { ["group"] = resource.Group, ["version"] = resource.Version, ["kind"] = resource.Kind };
}
