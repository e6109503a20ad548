using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Admission;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Validation;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Creates and changes objects: defaults, admission, validation, then an optimistic write.</summary>
internal sealed class ObjectWriter(ObjectStore store, StrategyTable strategies, IAdmission admission, TimeProvider time, Random random)
{
    /// <summary>How often a patch is computed anew when somebody else wrote in between; as a real API server.</summary>
    private const int PatchAttempts = 5;

    public async Task<StoredObject> CreateAsync(ApiRequest request, JsonObject obj, CancellationToken cancel)
    {
        var resource = request.Resource;
        ObjectMetadata.Align(obj, resource, request.Target.Namespace, request.Target.Name);
        if (obj.Obj("metadata").Str("resourceVersion") is { Length: > 0 })
        {
            throw ApiException.BadRequest("resourceVersion should not be set on objects to be created");
        }

        RequireLiveNamespace(request, obj);
        UnknownFields.Check(request, obj);
        ObjectMetadata.Begin(obj, time.GetUtcNow(), random);
        var strategy = strategies.For(resource);
        strategy.Default(obj);
        var attributes = new AdmissionAttributes(request, "CREATE", obj.Obj("metadata").Str("name") ?? "", null, Options(request, "CreateOptions"));
        obj = await admission.MutateAsync(attributes, obj, cancel);
        strategy.Default(obj);
        strategy.PrepareForCreate(obj);
        ObjectMetadata.Tidy(obj);
        Validate(resource, strategy, obj, null);
        await admission.ValidateAsync(attributes, obj, cancel);
        var key = new ObjectKey(resource.GroupResource, obj.Obj("metadata").Str("namespace") ?? "", obj.Obj("metadata").Str("name")!);
        if (request.DryRun)
        {
            return store.Get(key) is null ? Unstored(key, obj) : throw ApiException.AlreadyExists(resource.GroupResource, key.Name);
        }

        return store.Create(key, obj) ?? throw ApiException.AlreadyExists(resource.GroupResource, key.Name);
    }

    /// <summary>Replaces the whole object (or its status); a given resourceVersion has to be the present one.</summary>
    public Task<StoredObject> ReplaceAsync(ApiRequest request, JsonObject body, CancellationToken cancel)
    {
        ObjectMetadata.Align(body, request.Resource, request.Target.Namespace, request.Target.Name);
        return ChangeAsync(request, _ => body.DeepClone().AsObject(), cancel);
    }

    /// <summary>Changes the object by a function of its present state, computed anew when somebody else wrote in between.</summary>
    /// <param name="request">The target has to name an existing object.</param>
    /// <param name="change">Gets a copy it may alter and returns the wanted state.</param>
    public async Task<StoredObject> ChangeAsync(ApiRequest request, Func<JsonObject, JsonObject> change, CancellationToken cancel)
    {
        var resource = request.Resource;
        var key = new ObjectKey(resource.GroupResource, request.Target.Namespace, request.Target.Name);
        for (var attempt = 1; ; attempt++)
        {
            var current = store.Get(key) ?? throw ApiException.NotFound(resource.GroupResource, key.Name);
            var old = ObjectJson.Thaw(current);
            // A change is made to the object in the version of the request, whatever version it is stored in.
            var seen = old.DeepClone().AsObject();
            seen["apiVersion"] = resource.ApiVersion;
            var next = change(seen);
            ObjectMetadata.Align(next, resource, key.Namespace, key.Name);
            var wanted = next.Obj("metadata").Str("resourceVersion");
            RequireSame(resource, key, next, old, wanted);
            if (await WriteAsync(request, current, old, next, cancel) is { } stored)
            {
                return stored;
            }

            if (attempt >= PatchAttempts || wanted is { Length: > 0 } && wanted != Text(store.Get(key)?.ResourceVersion ?? 0))
            {
                throw ApiException.Stale(resource.GroupResource, key.Name);
            }
        }
    }

    private async Task<StoredObject?> WriteAsync(ApiRequest request, StoredObject current, JsonObject old, JsonObject next, CancellationToken cancel)
    {
        var (resource, key) = (request.Resource, current.Key);
        var strategy = strategies.For(resource);
        if (request.Target.Subresource == "status")
        {
            next = WithStatusOf(next, old);
        }
        else
        {
            UnknownFields.Check(request, next);
        }

        ObjectMetadata.Carry(next, old);
        KeepAllocated(resource, next, old);
        strategy.Default(next);
        var attributes = new AdmissionAttributes(request, "UPDATE", key.Name, old, Options(request, "UpdateOptions"));
        next = await admission.MutateAsync(attributes, next, cancel);
        strategy.Default(next);
        if (request.Target.Subresource is "")
        {
            strategy.PrepareForUpdate(next, old);
        }

        ObjectMetadata.Tidy(next);
        if (request.Target.Subresource is not "status")
        {
            Validate(resource, strategy, next, old);
        }

        await admission.ValidateAsync(attributes, next, cancel);
        if (JsonNode.DeepEquals(next, old))
        {
            return current;
        }

        if (request.DryRun)
        {
            return Unstored(key, next);
        }

        return EndsDeletion(next) ? store.Remove(current) : store.Replace(current, next);
    }

    /// <summary>The last finalizer of an object under deletion is gone: the write deletes it.</summary>
    private static bool EndsDeletion(JsonObject next)
    {
        var metadata = next.Obj("metadata");
        return metadata.Str("deletionTimestamp") is not null
            && metadata.Arr("finalizers") is not { Count: > 0 }
            && next.Obj("spec").Arr("finalizers") is not { Count: > 0 }
            && (metadata.Num("deletionGracePeriodSeconds") ?? 0) == 0;
    }

    private static void RequireSame(ApiResource resource, ObjectKey key, JsonObject next, JsonObject old, string? wanted)
    {
        var before = old.Obj("metadata");
        if (wanted is { Length: > 0 } && wanted != before.Str("resourceVersion"))
        {
            throw ApiException.Stale(resource.GroupResource, key.Name);
        }

        if (next.Obj("metadata").Str("uid") is { Length: > 0 } uid && uid != before.Str("uid"))
        {
            throw ApiException.Conflict(
                resource.GroupResource, key.Name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {before.Str("uid")}");
        }
    }

    /// <summary>A write to the status subresource changes the status, and of the metadata only what controllers own.</summary>
    private static JsonObject WithStatusOf(JsonObject next, JsonObject old)
    {
        var result = old.DeepClone().AsObject();
        result["status"] = next["status"]?.DeepClone();
        var metadata = result.Ensure("metadata");
        foreach (var field in (ReadOnlySpan<string>)["labels", "annotations", "finalizers", "managedFields"])
        {
            if (next.Obj("metadata") is { } given)
            {
                metadata[field] = given[field]?.DeepClone();
            }
        }

        return result;
    }

    private static void KeepAllocated(ApiResource resource, JsonObject next, JsonObject old)
    {
        if (resource.GroupResource == "pods" && next.Obj("spec") is { } spec)
        {
            // A manifest applied again does not name the node, nor what admission added.
            foreach (var field in (ReadOnlySpan<string>)["nodeName", "serviceAccountName", "serviceAccount"])
            {
                if (old.Obj("spec")?[field] is { } value)
                {
                    spec.Default(field, value.DeepClone());
                }
            }
        }
    }

    private static JsonObject? Options(ApiRequest request, string kind)
    {
        var options = new JsonObject { ["kind"] = kind, ["apiVersion"] = "meta.k8s.io/v1" };
        if (request.DryRun)
        {
            options["dryRun"] = new JsonArray("All");
        }

        if (request.FieldManager.Length > 0)
        {
            options["fieldManager"] = request.FieldManager;
        }

        return options;
    }

    private static void Validate(ApiResource resource, IObjectStrategy strategy, JsonObject obj, JsonObject? old)
    {
        var causes = new CauseList();
        MetadataRules.Validate(resource, obj, causes);
        strategy.Validate(obj, old, causes);
        if (causes.Causes.Count > 0)
        {
            throw ApiException.Invalid(resource.GroupKind, obj.Obj("metadata").Str("name") ?? "", causes.Causes);
        }
    }

    /// <summary>The object as it would have been stored.</summary>
    private static StoredObject Unstored(ObjectKey key, JsonObject obj) => new(key, 0, ObjectJson.Serialize(obj));

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>Kubernetes, "NamespaceLifecycle": objects need a namespace that exists and is not being terminated.</summary>
    private void RequireLiveNamespace(ApiRequest request, JsonObject obj)
    {
        if (!request.Resource.Namespaced)
        {
            return;
        }

        var ns = request.Target.Namespace;
        var home = store.Get(new ObjectKey("namespaces", "", ns)) ?? throw ApiException.NotFound("namespaces", ns);
        if (home.Root.Text("metadata", "deletionTimestamp") is not null)
        {
            throw ApiException.Forbidden(
                request.Resource.GroupResource, obj.Obj("metadata").Str("name") ?? "",
                $"unable to create new content in namespace {ns} because it is being terminated");
        }
    }
}
