using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;

namespace Lateen.Sandbox.Node;

/// <summary>What a pod's status is made of.</summary>
/// <param name="Pod">The pod as it is known now; its conditions carry the times of their last change.</param>
/// <param name="Containers">The containers' states, init containers first.</param>
/// <param name="Address">The pod's address; empty before it has one.</param>
/// <param name="HostAddress">The node's address.</param>
/// <param name="StartTime">When the node took the pod.</param>
internal sealed record PodSituation(
    JsonObject Pod, IReadOnlyList<ContainerState> Containers, string Address, string HostAddress, DateTimeOffset StartTime);

/// <summary>Derives a pod's status from its containers' states (Kubernetes documentation, "Pod Lifecycle").</summary>
internal static class PodStatusBuilder
{
    private static readonly string[] OwnConditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"];

    /// <summary>The status.</summary>
    public static JsonObject Build(PodSituation situation, DateTimeOffset now)
    {
        JsonObject pod = situation.Pod;
        string phase = Phase(situation);
        JsonObject status = new()
        {
            ["phase"] = phase,
            ["conditions"] = Conditions(situation, phase, now),
            ["hostIP"] = situation.HostAddress,
            ["startTime"] = Timestamps.Seconds(situation.StartTime),
            ["qosClass"] = pod.Text("status", "qosClass") is { Length: > 0 } qos ? qos : "BestEffort",
            ["containerStatuses"] = Statuses(situation.Containers.Where(container => !container.IsInit)),
        };
        if (situation.Address.Length > 0)
        {
            status["podIP"] = situation.Address;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = situation.Address });
        }

        if (situation.Containers.Any(container => container.IsInit))
        {
            status["initContainerStatuses"] = Statuses(situation.Containers.Where(container => container.IsInit));
        }

        return status;
    }

    /// <summary>The pod's phase.</summary>
    public static string Phase(PodSituation situation)
    {
        string policy = situation.Pod.Text("spec", "restartPolicy") is { Length: > 0 } given ? given : "Always";
        List<ContainerState> main = [.. situation.Containers.Where(container => !container.IsInit)];
        ContainerState? failedInit = situation.Containers.FirstOrDefault(container =>
            container.IsInit && !container.IsSidecar && container.Phase == ContainerPhase.Terminated && container.Ended?.ExitCode != 0);
        if (failedInit is not null && policy == "Never")
        {
            return "Failed";
        }

        if (!IsInitialized(situation) || main.Any(container => container.Phase == ContainerPhase.Waiting && container.RestartCount == 0 && container.Last is null))
        {
            return "Pending";
        }

        if (main.All(container => container.Phase == ContainerPhase.Terminated) && policy != "Always")
        {
            bool succeeded = main.All(container => container.Ended?.ExitCode == 0);
            return succeeded ? "Succeeded" : policy == "Never" ? "Failed" : "Running";
        }

        return situation.Pod.IsTerminating() && main.All(container => container.Phase == ContainerPhase.Terminated)
            ? main.All(container => container.Ended?.ExitCode == 0) ? "Succeeded" : "Failed"
            : "Running";
    }

    private static bool IsInitialized(PodSituation situation) => situation.Containers.Where(container => container.IsInit).All(container =>
        container.IsSidecar ? container.Started : container.Phase == ContainerPhase.Terminated && container.Ended?.ExitCode == 0);

    private static JsonArray Conditions(PodSituation situation, string phase, DateTimeOffset now)
    {
        JsonObject pod = situation.Pod;
        bool finished = phase is "Succeeded" or "Failed";
        List<string> uninitialized = [.. situation.Containers
            .Where(container => container.IsInit && (container.IsSidecar ? !container.Started : container.Ended?.ExitCode != 0))
            .Select(container => container.Name)];
        List<string> unready = [.. situation.Containers
            .Where(container => (!container.IsInit || container.IsSidecar) && !container.Ready)
            .Select(container => container.Name)];
        List<string> gates = [.. pod.Items("spec", "readinessGates").Select(gate => gate.Text("conditionType")).Where(gate => !PodCondition.Holds(pod, gate))];
        (string Reason, string Message) notReady = finished ? ("PodCompleted", "")
            : unready.Count > 0 ? ("ContainersNotReady", $"containers with unready status: [{string.Join(' ', unready)}]")
            : ("", "");
        (string Reason, string Message) notReadyPod = notReady.Reason.Length > 0 || gates.Count == 0 ? notReady
            : ("ReadinessGatesNotReady", $"corresponding condition of pod readiness gate \"{gates[0]}\" does not exist.");
        return
        [
            .. pod.Items("status", "conditions").Where(condition => !OwnConditions.Contains(condition.Text("type"))).Select(condition => condition.DeepClone()),
            (JsonNode)Condition(pod, "Initialized", uninitialized.Count == 0 ? ("", "") : ("ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', uninitialized)}]"), now),
            (JsonNode)Condition(pod, "Ready", notReadyPod, now),
            (JsonNode)Condition(pod, "ContainersReady", notReady, now),
            (JsonNode)Condition(pod, "PodScheduled", ("", ""), now),
        ];
    }

    // A condition without a reason against it holds.
    private static JsonObject Condition(JsonObject pod, string type, (string Reason, string Message) against, DateTimeOffset now)
    {
        string status = against.Reason.Length == 0 || (type == "Initialized" && against.Reason == "PodCompleted") ? "True" : "False";
        JsonObject? before = PodCondition.Find(pod, type);
        JsonObject condition = new()
        {
            ["type"] = type,
            ["status"] = status,
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = before.Text("status") == status && before.Text("lastTransitionTime") is { Length: > 0 } since
                ? since
                : Timestamps.Seconds(now),
        };
        if (against.Reason.Length > 0)
        {
            condition["reason"] = against.Reason;
        }

        if (against.Message.Length > 0)
        {
            condition["message"] = against.Message;
        }

        return condition;
    }

    private static JsonArray Statuses(IEnumerable<ContainerState> containers) => [.. containers.Select(container => (JsonNode)Status(container))];

    private static JsonObject Status(ContainerState container)
    {
        JsonObject status = new()
        {
            ["name"] = container.Name,
            ["image"] = container.Image,
            ["imageID"] = container.ContainerId.Length > 0 ? $"lateen://{ImageCatalogue.ShortName(container.Image)}" : "",
            ["ready"] = container.Ready || (container.IsInit && !container.IsSidecar && container.Ended?.ExitCode == 0),
            ["restartCount"] = container.RestartCount,
            ["started"] = container.Started && container.Phase == ContainerPhase.Running,
            ["state"] = StateOf(container),
            ["lastState"] = container.Last is { } last ? new JsonObject { ["terminated"] = TerminationOf(last) } : new JsonObject(),
        };
        if (container.ContainerId.Length > 0)
        {
            status["containerID"] = container.ContainerId;
        }

        return status;
    }

    private static JsonObject StateOf(ContainerState container)
    {
        if (container.Phase == ContainerPhase.Running)
        {
            return new JsonObject { ["running"] = new JsonObject { ["startedAt"] = Timestamps.Seconds(container.StartedAt) } };
        }

        if (container.Phase == ContainerPhase.Terminated && container.Ended is { } ended)
        {
            return new JsonObject { ["terminated"] = TerminationOf(ended) };
        }

        JsonObject waiting = new() { ["reason"] = container.Reason };
        if (container.Message.Length > 0)
        {
            waiting["message"] = container.Message;
        }

        return new JsonObject { ["waiting"] = waiting };
    }

    private static JsonObject TerminationOf(Termination ended)
    {
        JsonObject json = new()
        {
            ["exitCode"] = ended.ExitCode,
            ["reason"] = ended.Reason,
            ["startedAt"] = Timestamps.Seconds(ended.StartedAt),
            ["finishedAt"] = Timestamps.Seconds(ended.FinishedAt),
            ["containerID"] = ended.ContainerId,
        };
        if (ended.Message.Length > 0)
        {
            json["message"] = ended.Message;
        }

        return json;
    }
}
