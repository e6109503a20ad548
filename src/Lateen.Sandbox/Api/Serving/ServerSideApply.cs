using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Patching;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Server-side apply: creates the object, or merges the applied fields into it and remembers who applied them.</summary>
/// <remarks>
/// Kubernetes, "Server-Side Apply". Managers of apply requests are tracked: what one applied before and no longer does is removed, and a
/// field that another one applied with another value is a conflict unless forced. Plain updates are not tracked, so they never
/// conflict. Lists of custom resources are single values.
/// </remarks>
internal sealed class ServerSideApply(ObjectStore store, ObjectWriter writer, TimeProvider time)
{
    public async Task<(StoredObject Object, bool IsNew)> ApplyAsync(ApiRequest request, JsonObject applied, CancellationToken cancel)
    {
        if (request.FieldManager.Length == 0)
        {
            throw ApiException.BadRequest("fieldManager is required for apply patch");
        }

        if (applied.Obj("metadata")?.ContainsKey("managedFields") == true)
        {
            throw ApiException.BadRequest("metadata.managedFields must be nil");
        }

        var resource = request.Resource;
        var key = new ObjectKey(resource.GroupResource, request.Target.Namespace, request.Target.Name);
        var kind = resource.Custom is null ? resource.Kind : "";
        var set = FieldSet.Of(applied, kind);
        if (store.Get(key) is null)
        {
            var created = applied.DeepClone().AsObject();
            created.Ensure("metadata")["managedFields"] = new JsonArray(Entry(request, set));
            return (await writer.CreateAsync(request, created, cancel), true);
        }

        return (await writer.ChangeAsync(request, current => Merge(request, current, applied, set, kind), cancel), false);
    }

    private JsonObject Merge(ApiRequest request, JsonObject current, JsonObject applied, JsonObject set, string kind)
    {
        var entries = current.Obj("metadata").Each("managedFields").Select(e => e.DeepClone().AsObject()).ToList();
        var mine = entries.Find(e => IsApply(e, request.FieldManager));
        var others = entries.FindAll(e => !ReferenceEquals(e, mine));
        Settle(request, current, applied, set, others);
        foreach (var path in mine?.Obj("fieldsV1") is { } before ? FieldSet.Leaves(before).ToList() : [])
        {
            if (!FieldSet.Contains(set, path) && !others.Exists(o => o.Obj("fieldsV1") is { } theirs && FieldSet.Contains(theirs, path)))
            {
                FieldSet.RemoveValue(current, path);
            }
        }

        var merged = kind.Length > 0
            ? StrategicMergePatch.Apply(current, applied, kind)
            : JsonMergePatch.Apply(current, applied)!.AsObject();
        // The entry keeps its time while the manager applies the same fields: applying twice changes nothing.
        var entry = mine is not null && JsonNode.DeepEquals(mine["fieldsV1"], set) ? mine : Entry(request, set);
        merged.Ensure("metadata")["managedFields"] = new JsonArray([.. others.Where(o => o.Obj("fieldsV1") is { Count: > 0 }), entry]);
        return merged;
    }

    /// <summary>Refuses what conflicts with other managers; when forced, takes the fields from them.</summary>
    private static void Settle(ApiRequest request, JsonObject current, JsonObject applied, JsonObject set, List<JsonObject> others)
    {
        var conflicts = new List<(string Manager, string[] Path)>();
        foreach (var path in FieldSet.Leaves(set))
        {
            foreach (var other in others)
            {
                if (other.Obj("fieldsV1") is not { } theirs || !FieldSet.Contains(theirs, path)
                    || JsonNode.DeepEquals(FieldSet.ValueAt(current, path), FieldSet.ValueAt(applied, path)) || path[^1] == ".")
                {
                    continue;
                }

                if (request.IsTrue("force"))
                {
                    FieldSet.Remove(theirs, path);
                }
                else
                {
                    conflicts.Add((other.Str("manager") ?? "", path));
                }
            }
        }

        if (conflicts.Count > 0)
        {
            throw Conflict(conflicts);
        }
    }

    private static ApiException Conflict(List<(string Manager, string[] Path)> conflicts)
    {
        var causes = new JsonArray([.. conflicts.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = "FieldManagerConflict",
            ["message"] = $"conflict with \"{c.Manager}\"",
            ["field"] = FieldSet.Show(c.Path),
        })]);
        var first = conflicts[0];
        return new ApiException(
            409, "Conflict", conflicts.Count == 1
                ? $"Apply failed with 1 conflict: conflict with \"{first.Manager}\": {FieldSet.Show(first.Path)}"
                : $"Apply failed with {conflicts.Count} conflicts: "
                  + string.Join('\n', conflicts.Select(c => $"conflict with \"{c.Manager}\": {FieldSet.Show(c.Path)}")))
        { Details = new JsonObject { ["causes"] = causes } };
    }

    private static bool IsApply(JsonObject entry, string manager) => entry.Str("manager") == manager && entry.Str("operation") == "Apply";

    private JsonObject Entry(ApiRequest request, JsonObject set) => new()
    {
        ["manager"] = request.FieldManager,
        ["operation"] = "Apply",
        ["apiVersion"] = request.Resource.ApiVersion,
        ["time"] = JsonFields.Timestamp(time.GetUtcNow()),
        ["fieldsType"] = "FieldsV1",
        ["fieldsV1"] = set.DeepClone(),
    };
}
