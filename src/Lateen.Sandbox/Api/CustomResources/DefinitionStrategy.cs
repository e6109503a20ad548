using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;

namespace Lateen.Sandbox.Api.CustomResources;

/// <summary>CustomResourceDefinitions: their defaults, and a status that says at once that they are served.</summary>
/// <remarks>A real API server establishes a definition a moment after it is written; here it is served when the write returns.</remarks>
internal sealed class DefinitionStrategy(ApiResource resource, TimeProvider time) : PlainStrategy(resource)
{
    public override void Default(JsonObject obj)
    {
        var spec = obj.Ensure("spec");
        var names = spec.Ensure("names");
        if (names.Str("kind") is { Length: > 0 } kind)
        {
            names.Default("singular", kind.ToLowerInvariant());
            names.Default("listKind", kind + "List");
        }

        spec.Ensure("conversion").Default("strategy", "None");
    }

    public override void PrepareForCreate(JsonObject obj)
    {
        base.PrepareForCreate(obj);
        obj["status"] = Established(obj, JsonFields.Timestamp(time.GetUtcNow()), []);
    }

    public override void PrepareForUpdate(JsonObject next, JsonObject old)
    {
        base.PrepareForUpdate(next, old);
        var since = old.Obj("status").Each("conditions").Select(c => c.Str("lastTransitionTime")).FirstOrDefault(t => t is not null);
        next["status"] = Established(
            next, since ?? JsonFields.Timestamp(time.GetUtcNow()), old.Obj("status").Arr("storedVersions")?.Select(v => v.AsText()!) ?? []);
    }

    public override void Validate(JsonObject obj, JsonObject? old, CauseList causes)
    {
        var spec = obj.Obj("spec");
        var names = spec.Obj("names");
        var wanted = $"{names.Str("plural")}.{spec.Str("group")}";
        if (obj.Obj("metadata").Str("name") is { } name && name != wanted)
        {
            causes.Invalid("metadata.name", name, $"must be spec.names.plural+\".\"+spec.group");
        }

        foreach (var field in (ReadOnlySpan<string>)["plural", "kind"])
        {
            if (names.Str(field) is not { Length: > 0 })
            {
                causes.Required("spec.names." + field);
            }
        }

        if (spec.Str("scope") is not { } scope)
        {
            causes.Required("spec.scope");
        }
        else if (scope is not ("Namespaced" or "Cluster"))
        {
            causes.NotSupported("spec.scope", scope, "Cluster", "Namespaced");
        }

        if (spec.Each("versions").Count(v => v.Bool("storage") == true) != 1)
        {
            causes.Invalid("spec.versions", spec?["versions"], "must have exactly one version marked as storage version");
        }

        var index = 0;
        foreach (var version in spec.Each("versions"))
        {
            if (version.Obj("schema").Obj("openAPIV3Schema") is null)
            {
                causes.Required($"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required");
            }

            index++;
        }
    }

    private static JsonObject Established(JsonObject obj, string since, IEnumerable<string> stored)
    {
        var spec = obj.Obj("spec");
        var storage = spec.Each("versions").Where(v => v.Bool("storage") == true).Select(v => v.Str("name")!);
        return new JsonObject
        {
            ["acceptedNames"] = spec.Obj("names")?.DeepClone(),
            ["conditions"] = new JsonArray(
                Condition("NamesAccepted", "NoConflicts", "no conflicts found", since),
                Condition("Established", "InitialNamesAccepted", "the initial names have been accepted", since)),
            ["storedVersions"] = new JsonArray([.. stored.Union(storage).Select(v => (JsonNode)v)]),
        };
    }

    private static JsonObject Condition(string type, string reason, string message, string since) => new()
    {
        ["lastTransitionTime"] = since,
        ["message"] = message,
        ["reason"] = reason,
        ["status"] = "True",
        ["type"] = type,
    };
}
