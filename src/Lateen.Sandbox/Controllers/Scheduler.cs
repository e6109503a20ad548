using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Binds each new pod to the first ready node whose labels match its node selector.</summary>
/// <remarks>The sandbox has one node; nothing is weighed.</remarks>
internal sealed class Scheduler : Controller
{
    private const string Component = "default-scheduler";

    private readonly ObjectCache _pods;
    private readonly ObjectCache _nodes;

    public Scheduler(ControllerContext context)
        : base(context)
    {
        _pods = Follow(ResourceTypes.Pods);
        _nodes = Follow(ResourceTypes.Nodes);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        if (type == ResourceTypes.Pods)
        {
            if (after is not null && IsWaiting(after))
            {
                Queue.Add(ObjectKey.Of(after));
            }

            return;
        }

        foreach (JsonObject pod in _pods.All.Where(IsWaiting))
        {
            Queue.Add(ObjectKey.Of(pod));
        }
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_pods.Find(key) is not { } pod || !IsWaiting(pod))
        {
            return;
        }

        JsonObject? node = _nodes.All.FirstOrDefault(candidate =>
            PodCondition.IsReady(candidate) && !candidate.Flag("spec", "unschedulable") && Fits(pod, candidate));
        if (node is null)
        {
            await RefuseAsync(pod, cancellation);
            return;
        }

        JsonObject binding = new()
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Binding",
            ["metadata"] = new JsonObject { ["name"] = key.Name, ["namespace"] = key.Namespace, ["uid"] = pod.Uid() },
            ["target"] = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Node", ["name"] = node.Name() },
        };
        try
        {
            await Client.CreateAsync(ResourceTypes.Pods, key.Namespace, binding, cancellation, key.Name, "binding");
        }
        catch (KubernetesApiException error) when (error.IsConflict || error.IsNotFound)
        {
            // It is bound or gone already; the cache is behind.
            return;
        }

        Context.Events.Normal(pod, Component, "Scheduled", $"Successfully assigned {key} to {node.Name()}");
    }

    private static bool IsWaiting(JsonObject pod) => pod.Text("spec", "nodeName").Length == 0 && !pod.IsTerminating();

    private static bool Fits(JsonObject pod, JsonObject node) =>
        pod.At("spec", "nodeSelector") is not JsonObject { Count: > 0 } selector || LabelSelector.MatchesMap(selector, node.Labels());

    private async Task RefuseAsync(JsonObject pod, CancellationToken cancellation)
    {
        string message = _nodes.All.Count == 0
            ? "no nodes available to schedule pods"
            : $"0/{_nodes.All.Count} nodes are available: {_nodes.All.Count} node(s) didn't match Pod's node affinity/selector.";
        if (PodCondition.Find(pod, "PodScheduled").Text("message") == message)
        {
            return;
        }

        JsonObject patch = new()
        {
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject
                {
                    ["type"] = "PodScheduled",
                    ["status"] = "False",
                    ["reason"] = "Unschedulable",
                    ["message"] = message,
                    ["lastTransitionTime"] = Timestamps.Seconds(Context.Time.GetUtcNow()),
                }),
            },
        };
        await Client.PatchAsync(ResourceTypes.Pods, ObjectKey.Of(pod), PatchKind.StrategicMerge, patch, cancellation, "status");
        Context.Events.Warning(pod, Component, "FailedScheduling", message);
    }
}
