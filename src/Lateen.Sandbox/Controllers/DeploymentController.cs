using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Rolls a deployment's pods from one template to the next, one ReplicaSet per template.</summary>
internal sealed class DeploymentController : Controller
{
    private const string Component = "deployment-controller";
    private const string Revision = "deployment.kubernetes.io/revision";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";

    private readonly ObjectCache _deployments;
    private readonly ObjectCache _replicaSets;
    private readonly ObjectCache _pods;

    public DeploymentController(ControllerContext context)
        : base(context)
    {
        _deployments = Follow(ResourceTypes.Deployments);
        _replicaSets = Follow(ResourceTypes.ReplicaSets);
        _pods = Context.Cache.Of(ResourceTypes.Pods);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        if (type == ResourceTypes.Deployments)
        {
            Queue.Add(ObjectKey.Of((after ?? before)!));
        }
        else if (Owners.ControllerKey(after ?? before, "Deployment") is { } owner)
        {
            Queue.Add(owner);
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_deployments.Find(key) is not { } deployment || deployment.IsTerminating())
        {
            return;
        }

        List<JsonObject> sets = [.. _replicaSets.In(key.Namespace)
            .Where(set => Owners.IsControlledBy(set, deployment))
            .OrderBy(RevisionOf)];
        JsonObject? current = sets.LastOrDefault(set => TemplateHash.IsSame(deployment.At("spec", "template"), set.At("spec", "template")));
        sets.Remove(current!);
        if (!deployment.Flag("spec", "paused"))
        {
            current = await CurrentAsync(deployment, current, sets, cancellation);
            await ScaleAsync(deployment, current, sets, cancellation);
            await PruneAsync(deployment, sets, cancellation);
        }

        if (DeploymentStatus.Of(deployment, current, sets, Context.Time.GetUtcNow()) is { } status)
        {
            JsonObject changed = (JsonObject)deployment.DeepClone();
            changed["status"] = status;
            await Client.ReplaceStatusAsync(ResourceTypes.Deployments, changed, cancellation);
        }
    }

    private static long RevisionOf(JsonObject set) =>
        long.TryParse(set.Annotations().Text(Revision), NumberStyles.None, CultureInfo.InvariantCulture, out long revision) ? revision : 0;

    // The ReplicaSet of the current template, made if there is none, and the highest revision of all.
    private async Task<JsonObject> CurrentAsync(
        JsonObject deployment, JsonObject? current, List<JsonObject> old, CancellationToken cancellation)
    {
        long highest = old.Count == 0 ? 0 : old.Max(RevisionOf);
        string revision = (current is not null && RevisionOf(current) > highest ? RevisionOf(current) : highest + 1)
            .ToString(CultureInfo.InvariantCulture);
        if (current is null)
        {
            current = await CreateAsync(deployment, revision, old, cancellation);
        }
        else if (current.Annotations().Text(Revision) != revision)
        {
            current = await AnnotateAsync(ResourceTypes.ReplicaSets, current, revision, cancellation);
        }

        if (deployment.Annotations().Text(Revision) != revision)
        {
            await AnnotateAsync(ResourceTypes.Deployments, deployment, revision, cancellation);
        }

        return current;
    }

    private Task<JsonObject> AnnotateAsync(ResourceType type, JsonObject value, string revision, CancellationToken cancellation) =>
        Client.PatchAsync(
            type,
            ObjectKey.Of(value),
            PatchKind.Merge,
            new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Revision] = revision } } },
            cancellation);

    private async Task<JsonObject> CreateAsync(
        JsonObject deployment, string revision, List<JsonObject> old, CancellationToken cancellation)
    {
        string hash = TemplateHash.Of(deployment.At("spec", "template"), deployment.Number("status", "collisionCount") ?? 0);
        int replicas = Replicas(deployment);
        int first = IsRecreate(deployment)
            ? 0
            : RollingUpdate.Next(
                replicas, RollingUpdate.Limits(deployment, replicas), new VersionCount("", 0, 0), [.. old.Select(Count)]).GetValueOrDefault("");
        JsonObject set = ReplicaSetOf(deployment, hash, revision, first);
        try
        {
            JsonObject created = await Client.CreateAsync(ResourceTypes.ReplicaSets, deployment.Namespace(), set, cancellation);
            TellScaled(deployment, created, 0, first);
            return ObjectCache.Materialize(created);
        }
        catch (KubernetesApiException error) when (error.IsAlreadyExists)
        {
            JsonObject existing = await Client.GetAsync(ResourceTypes.ReplicaSets, set.Namespace(), set.Name(), cancellation);
            if (!Owners.IsControlledBy(existing, deployment))
            {
                throw new InvalidOperationException(
                    $"ReplicaSet {ObjectKey.Of(existing)} exists and is not of this deployment; delete it", error);
            }

            // The cache was behind.
            return ObjectCache.Materialize(existing);
        }
    }

    private static JsonObject ReplicaSetOf(JsonObject deployment, string hash, string revision, int replicas)
    {
        JsonObject template = (JsonObject)deployment.At("spec", "template")!.DeepClone();
        JsonObject labels = template.At("metadata", "labels") as JsonObject ?? [];
        labels[TemplateHash.Label] = hash;
        JsonObject selector = (JsonObject)deployment.At("spec", "selector")!.DeepClone();
        JsonObject matched = selector["matchLabels"] as JsonObject ?? [];
        matched[TemplateHash.Label] = hash;
        selector["matchLabels"] = matched.Parent is null ? matched : matched.DeepClone();
        JsonObject annotations = deployment.Annotations()?.DeepClone() as JsonObject ?? [];
        annotations.Remove(LastApplied);
        annotations[Revision] = revision;
        annotations["deployment.kubernetes.io/desired-replicas"] = Replicas(deployment).ToString(CultureInfo.InvariantCulture);
        JsonObject spec = new()
        {
            ["replicas"] = replicas,
            ["selector"] = selector,
            ["template"] = template,
        };
        if (deployment.Number("spec", "minReadySeconds") is { } minReady)
        {
            spec["minReadySeconds"] = minReady;
        }

        return new JsonObject
        {
            ["apiVersion"] = "apps/v1",
            ["kind"] = "ReplicaSet",
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.Name()}-{hash}",
                ["namespace"] = deployment.Namespace(),
                ["labels"] = labels.DeepClone(),
                ["annotations"] = annotations,
                ["ownerReferences"] = new JsonArray(Owners.Controller(deployment)),
            },
            ["spec"] = spec,
        };
    }

    private async Task ScaleAsync(JsonObject deployment, JsonObject current, List<JsonObject> old, CancellationToken cancellation)
    {
        int replicas = Replicas(deployment);
        IReadOnlyDictionary<string, int> sizes = IsRecreate(deployment)
            ? Recreate(replicas, current, old)
            : RollingUpdate.Next(replicas, RollingUpdate.Limits(deployment, replicas), Count(current), [.. old.Select(Count)]);
        foreach (JsonObject set in old.Append(current))
        {
            if (sizes.TryGetValue(set.Name(), out int size))
            {
                JsonObject patch = new()
                {
                    ["metadata"] = new JsonObject { ["resourceVersion"] = set.ResourceVersion() },
                    ["spec"] = new JsonObject { ["replicas"] = size },
                };
                await Client.PatchAsync(ResourceTypes.ReplicaSets, ObjectKey.Of(set), PatchKind.Merge, patch, cancellation);
                TellScaled(deployment, set, Count(set).Wanted, size);
            }
        }
    }

    // Recreate: the old version's last pod is gone before the first of the new one comes.
    private Dictionary<string, int> Recreate(int replicas, JsonObject current, List<JsonObject> old)
    {
        Dictionary<string, int> sizes = old.Where(set => Count(set).Wanted > 0).ToDictionary(set => set.Name(), _ => 0);
        bool gone = sizes.Count == 0 && !_pods.In(current.Namespace()).Any(
            pod => !PodCondition.IsFinished(pod) && old.Any(set => Owners.IsControlledBy(pod, set)));
        if (gone && Count(current).Wanted != replicas)
        {
            sizes[current.Name()] = replicas;
        }

        return sizes;
    }

    private async Task PruneAsync(JsonObject deployment, List<JsonObject> old, CancellationToken cancellation)
    {
        int keep = (int)(deployment.Number("spec", "revisionHistoryLimit") ?? 10);
        List<JsonObject> idle = [.. old.Where(set => Count(set).Wanted == 0 && (set.Number("status", "replicas") ?? 0) == 0 && !set.IsTerminating())];
        foreach (JsonObject set in idle.Take(Math.Max(idle.Count - keep, 0)))
        {
            await Client.DeleteAsync(ResourceTypes.ReplicaSets, set.Namespace(), set.Name(), cancellation, uid: set.Uid());
        }
    }

    private void TellScaled(JsonObject deployment, JsonObject set, int from, int to)
    {
        if (to != from)
        {
            string message = $"Scaled {(to > from ? "up" : "down")} replica set {set.Name()} to {to}" + (from > 0 ? $" from {from}" : "");
            Context.Events.Normal(deployment, Component, "ScalingReplicaSet", message);
        }
    }

    private static int Replicas(JsonObject deployment) => (int)(deployment.Number("spec", "replicas") ?? 1);

    private static bool IsRecreate(JsonObject deployment) => deployment.Text("spec", "strategy", "type") == "Recreate";

    private static VersionCount Count(JsonObject set) => new(
        set.Name(), (int)(set.Number("spec", "replicas") ?? 0), (int)(set.Number("status", "availableReplicas") ?? 0));
}
