using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Admission;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Deletes objects: at once, or by marking them when a finalizer or a pod's grace period stands in between.</summary>
internal sealed class ObjectDeleter(ObjectStore store, IAdmission admission, TimeProvider time)
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";

    /// <summary>Kubernetes, admission plugin NamespaceLifecycle: the namespaces that the cluster itself lives in.</summary>
    private static readonly string[] LastingNamespaces = ["default", "kube-public", "kube-system"];

    /// <summary>What the deletion left behind: the marked object, or the last state with <c>Gone</c> true.</summary>
    internal readonly record struct Result(StoredObject Object, bool Gone);

    /// <param name="options">metav1.DeleteOptions; query parameters override it.</param>
    public async Task<Result> DeleteAsync(ApiRequest request, string ns, string name, JsonObject options, CancellationToken cancel)
    {
        var resource = request.Resource;
        var key = new ObjectKey(resource.GroupResource, ns, name);
        while (true)
        {
            var current = store.Get(key) ?? throw ApiException.NotFound(resource.GroupResource, name);
            if (resource.GroupResource == "namespaces" && LastingNamespaces.Contains(name))
            {
                throw ApiException.Forbidden(resource.GroupResource, name, "this namespace may not be deleted");
            }

            RequirePreconditions(resource, current, options);
            var old = ObjectJson.Thaw(current);
            var attributes = new AdmissionAttributes(request, "DELETE", name, old, options);
            await admission.ValidateAsync(attributes, null, cancel);
            if (request.DryRun)
            {
                return new Result(current, true);
            }

            if (Step(request, current, old, options) is { } result)
            {
                return result;
            }
        }
    }

    /// <summary>One optimistic attempt; null when somebody else wrote in between.</summary>
    private Result? Step(ApiRequest request, StoredObject current, JsonObject old, JsonObject options)
    {
        var next = old.DeepClone().AsObject();
        var metadata = next.Obj("metadata")!;
        ApplyPropagation(request, metadata, options);
        var grace = request.Resource.GroupResource == "pods" ? PodGrace(old, request, options) : 0;
        var marked = metadata.Str("deletionTimestamp") is not null;
        var pending = metadata.Arr("finalizers") is { Count: > 0 } || next.Obj("spec").Arr("finalizers") is { Count: > 0 };
        if (grace == 0 && !pending)
        {
            return store.Remove(current) is { } last ? new Result(last, true) : null;
        }

        var graceBefore = metadata.Num("deletionGracePeriodSeconds") ?? 0;
        if (!marked || grace < graceBefore)
        {
            metadata["deletionTimestamp"] = JsonFields.Timestamp(time.GetUtcNow().AddSeconds(grace));
            metadata["deletionGracePeriodSeconds"] = grace;
            if (request.Resource.HasGeneration)
            {
                metadata["generation"] = (metadata.Num("generation") ?? 0) + 1;
            }
        }

        if (request.Resource.GroupResource == "namespaces")
        {
            next.Ensure("status")["phase"] = "Terminating";
            metadata.Remove("deletionGracePeriodSeconds");
        }

        if (JsonNode.DeepEquals(next, old))
        {
            return new Result(current, false);
        }

        return store.Replace(current, next) is { } stored ? new Result(stored, false) : null;
    }

    /// <summary>Kubernetes, "Use Cascading Deletion": the policy becomes a finalizer that the garbage collector acts on.</summary>
    private static void ApplyPropagation(ApiRequest request, JsonObject metadata, JsonObject options)
    {
        var policy = request.Query.GetValueOrDefault("propagationPolicy") ?? options.Str("propagationPolicy");
        if (policy is null && (options.Bool("orphanDependents") == true || request.IsTrue("orphanDependents")))
        {
            policy = "Orphan";
        }

        if (policy is not ("Foreground" or "Orphan"))
        {
            return;
        }

        var finalizer = policy == "Foreground" ? Foreground : Orphan;
        var finalizers = metadata.Arr("finalizers") ?? [];
        if (!finalizers.Any(f => f.AsText() == finalizer))
        {
            finalizers.Add((JsonNode)finalizer);
            metadata["finalizers"] = finalizers.DeepClone();
        }
    }

    /// <summary>A pod that no node runs, or that ended, needs no grace (Kubernetes, "Termination of Pods").</summary>
    private static long PodGrace(JsonObject pod, ApiRequest request, JsonObject options)
    {
        var asked = request.Query.TryGetValue("gracePeriodSeconds", out var text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : options.Num("gracePeriodSeconds");
        if (pod.Obj("spec").Str("nodeName") is not { Length: > 0 } || pod.Obj("status").Str("phase") is "Succeeded" or "Failed")
        {
            return 0;
        }

        return asked ?? pod.Obj("metadata").Num("deletionGracePeriodSeconds") ?? pod.Obj("spec").Num("terminationGracePeriodSeconds") ?? 30;
    }

    private static void RequirePreconditions(ApiResource resource, StoredObject current, JsonObject options)
    {
        var name = current.Key.Name;
        var wanted = options.Obj("preconditions");
        if (wanted.Str("uid") is { } uid && uid != current.Root.Text("metadata", "uid"))
        {
            throw ApiException.Conflict(
                resource.GroupResource, name,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {current.Root.Text("metadata", "uid")}");
        }

        if (wanted.Str("resourceVersion") is { } version && version != current.Root.Text("metadata", "resourceVersion"))
        {
            throw ApiException.Conflict(
                resource.GroupResource, name,
                $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {current.ResourceVersion}");
        }
    }
}
