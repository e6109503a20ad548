using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Keeps as many pods of a ReplicaSet as it asks for.</summary>
internal sealed class ReplicaSetController : Controller
{
    private const string Component = "replicaset-controller";

    private readonly ObjectCache _replicaSets;
    private readonly ObjectCache _pods;
    private readonly Expectations _expectations;

    public ReplicaSetController(ControllerContext context)
        : base(context)
    {
        _replicaSets = Follow(ResourceTypes.ReplicaSets);
        _pods = Follow(ResourceTypes.Pods);
        _expectations = new Expectations(context.Time);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        if (type == ResourceTypes.ReplicaSets)
        {
            Queue.Add(ObjectKey.Of((after ?? before)!));
        }
        else if (Owners.ControllerKey(after ?? before, "ReplicaSet") is { } owner)
        {
            _expectations.Seen(owner, (after ?? before)!.Uid(), going: after is null || !PodCondition.IsActive(after));
            Queue.Add(owner);
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_replicaSets.Find(key) is not { } set)
        {
            return;
        }

        List<JsonObject> owned = [.. _pods.In(key.Namespace).Where(pod => Owners.IsControlledBy(pod, set))];
        List<JsonObject> active = [.. owned.Where(pod => PodCondition.IsActive(pod) && !_expectations.IsDeleted(key, pod))];
        int unseen = _expectations.Unseen(key, owned.Select(pod => pod.Uid()).ToHashSet());
        KubernetesApiException? failure = null;
        if (!set.IsTerminating())
        {
            int missing = (int)(set.Number("spec", "replicas") ?? 1) - active.Count - unseen;
            try
            {
                await CreateAsync(set, missing, cancellation);
                await DeleteAsync(set, active, -missing, cancellation);
            }
            catch (KubernetesApiException error)
            {
                // The status tells of it, and then the queue tries again.
                failure = error;
            }
        }

        await WriteStatusAsync(set, active, failure, cancellation);
        if (failure is not null)
        {
            // Not rethrown as it is: a conflict with another object is no race about this one, and must be seen in the log.
            throw new InvalidOperationException(failure.Message, failure);
        }
    }

    private async Task CreateAsync(JsonObject set, int count, CancellationToken cancellation)
    {
        for (int created = 0; created < count; created++)
        {
            try
            {
                JsonObject pod = await Client.CreateAsync(ResourceTypes.Pods, set.Namespace(), PodOf(set), cancellation);
                _expectations.Created(ObjectKey.Of(set), pod.Uid());
                Context.Events.Normal(set, Component, "SuccessfulCreate", $"Created pod: {pod.Name()}");
            }
            catch (KubernetesApiException error)
            {
                Context.Events.Warning(set, Component, "FailedCreate", $"Error creating: {error.Status.Message}");
                throw;
            }
        }
    }

    private async Task DeleteAsync(JsonObject set, List<JsonObject> active, int count, CancellationToken cancellation)
    {
        // Those that serve least go first: not bound, not running, not ready, youngest.
        foreach (JsonObject pod in active
            .OrderBy(pod => pod.Text("spec", "nodeName").Length > 0)
            .ThenBy(pod => pod.Text("status", "phase") == "Running")
            .ThenBy(PodCondition.IsReady)
            .ThenByDescending(pod => pod.Text("metadata", "creationTimestamp"), StringComparer.Ordinal)
            .Take(Math.Max(count, 0)))
        {
            await Client.DeleteAsync(ResourceTypes.Pods, pod.Namespace(), pod.Name(), cancellation, uid: pod.Uid());
            _expectations.Deleted(ObjectKey.Of(set), pod.Uid());
            Context.Events.Normal(set, Component, "SuccessfulDelete", $"Deleted pod: {pod.Name()}");
        }
    }

    private static JsonObject PodOf(JsonObject set)
    {
        JsonObject metadata = set.At("spec", "template", "metadata")?.DeepClone() as JsonObject ?? [];
        metadata.Remove("creationTimestamp");
        metadata.Remove("name");
        metadata["generateName"] = set.Name() + "-";
        metadata["namespace"] = set.Namespace();
        metadata["ownerReferences"] = new JsonArray(Owners.Controller(set));
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = metadata,
            ["spec"] = set.At("spec", "template", "spec")?.DeepClone(),
        };
    }

    private async Task WriteStatusAsync(
        JsonObject set, List<JsonObject> active, KubernetesApiException? failure, CancellationToken cancellation)
    {
        long minReady = set.Number("spec", "minReadySeconds") ?? 0;
        DateTimeOffset now = Context.Time.GetUtcNow();
        int available = 0;
        foreach (JsonObject pod in active)
        {
            bool isAvailable = PodCondition.IsAvailable(pod, minReady, now, out DateTimeOffset? at);
            available += isAvailable ? 1 : 0;
            if (!isAvailable && at is { } moment)
            {
                Queue.AddAfter(ObjectKey.Of(set), moment - now);
            }
        }

        JsonObject? template = set.At("spec", "template", "metadata", "labels") as JsonObject;
        JsonObject status = new() { ["replicas"] = active.Count };
        AddCount(status, "fullyLabeledReplicas", active.Count(pod => LabelSelector.MatchesMap(template, pod.Labels())));
        AddCount(status, "readyReplicas", active.Count(PodCondition.IsReady));
        AddCount(status, "availableReplicas", available);
        status["observedGeneration"] = set.Number("metadata", "generation") ?? 0;
        if (failure is not null)
        {
            status["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "ReplicaFailure",
                ["status"] = "True",
                ["reason"] = "FailedCreate",
                ["message"] = failure.Status.Message,
                ["lastTransitionTime"] = PodCondition.Find(set, "ReplicaFailure").Text("lastTransitionTime") is { Length: > 0 } since
                    ? since
                    : Timestamps.Seconds(now),
            });
        }

        if (JsonNode.DeepEquals(status, set["status"]))
        {
            return;
        }

        JsonObject changed = (JsonObject)set.DeepClone();
        changed["status"] = status;
        await Client.ReplaceStatusAsync(ResourceTypes.ReplicaSets, changed, cancellation);
    }

    private static void AddCount(JsonObject status, string field, int count)
    {
        if (count > 0)
        {
            status[field] = count;
        }
    }
}
