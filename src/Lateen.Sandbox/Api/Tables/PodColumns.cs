using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>Pods: READY STATUS RESTARTS AGE, and with -o wide where they run.</summary>
internal static class PodColumns
{
    public static IReadOnlyList<TableColumn> All { get; } =
    [
        PrinterColumns.Name,
        new("Ready", "string", 0, (o, _) => Ready(o)),
        new("Status", "string", 0, (o, _) => Status(o)),
        new("Restarts", "string", 0, (o, now) => Restarts(o, now)),
        PrinterColumns.Age,
        new("IP", "string", 1, (o, _) => OrNone(o.Text("status", "podIP"))),
        new("Node", "string", 1, (o, _) => OrNone(o.Text("spec", "nodeName"))),
        new("Nominated Node", "string", 1, (o, _) => OrNone(o.Text("status", "nominatedNodeName"))),
        new("Readiness Gates", "string", 1, (o, _) => ReadinessGates(o)),
    ];

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "<none>" : text;

    private static string Ready(JsonElement pod)
    {
        var ready = pod.Items("status", "containerStatuses").Count(s => s.IsTrue("ready") && s.At("state", "running").ValueKind == JsonValueKind.Object);
        return string.Create(CultureInfo.InvariantCulture, $"{ready}/{pod.Items("spec", "containers").Count()}");
    }

    /// <summary>The phase, or what keeps the pod from it: first the init containers', then the containers' reason.</summary>
    private static string Status(JsonElement pod)
    {
        var reason = pod.Text("status", "reason") ?? pod.Text("status", "phase") ?? "";
        if (InitReason(pod) is { } init)
        {
            reason = init;
        }
        else
        {
            reason = ContainerReason(pod, reason);
        }

        if (pod.Text("metadata", "deletionTimestamp") is not null && pod.Text("status", "phase") is not ("Succeeded" or "Failed"))
        {
            return pod.Text("status", "reason") == "NodeLost" ? "Unknown" : "Terminating";
        }

        return reason;
    }

    private static string? InitReason(JsonElement pod)
    {
        var total = pod.Items("spec", "initContainers").Count();
        var index = 0;
        foreach (var status in pod.Items("status", "initContainerStatuses"))
        {
            var terminated = status.At("state", "terminated");
            var waiting = status.At("state", "waiting");
            if (terminated.ValueKind == JsonValueKind.Object)
            {
                if (terminated.Number("exitCode") == 0)
                {
                    index++;
                    continue;
                }

                return "Init:" + TerminatedReason(terminated);
            }

            return waiting.Text("reason") is { Length: > 0 } why and not "PodInitializing"
                ? "Init:" + why
                : string.Create(CultureInfo.InvariantCulture, $"Init:{index}/{total}");
        }

        return null;
    }

    private static string ContainerReason(JsonElement pod, string reason)
    {
        var hasRunning = false;
        foreach (var status in pod.Items("status", "containerStatuses").Reverse())
        {
            if (status.Text("state", "waiting", "reason") is { Length: > 0 } waiting)
            {
                reason = waiting;
            }
            else if (status.At("state", "terminated") is { ValueKind: JsonValueKind.Object } terminated)
            {
                reason = TerminatedReason(terminated);
            }
            else if (status.IsTrue("ready") && status.At("state", "running").ValueKind == JsonValueKind.Object)
            {
                hasRunning = true;
            }
        }

        if (reason == "Completed" && hasRunning)
        {
            return pod.Items("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") == "True") ? "Running" : "NotReady";
        }

        return reason;
    }

    private static string TerminatedReason(JsonElement terminated) =>
        terminated.Text("reason") is { Length: > 0 } reason ? reason
            : terminated.Number("signal") is { } signal and not 0 ? $"Signal:{signal}"
            : $"ExitCode:{terminated.Number("exitCode")}";

    private static JsonNode Restarts(JsonElement pod, DateTimeOffset now)
    {
        var statuses = pod.Items("status", "containerStatuses").ToList();
        var count = statuses.Sum(s => s.Number("restartCount") ?? 0);
        var last = statuses.Select(s => s.Text("lastState", "terminated", "finishedAt")).Where(t => t is not null).Max(StringComparer.Ordinal);
        var text = count.ToString(CultureInfo.InvariantCulture);
        return count > 0 && last is not null ? $"{text} ({HumanDuration.Since(last, now)} ago)" : text;
    }

    private static string ReadinessGates(JsonElement pod)
    {
        var gates = pod.Items("spec", "readinessGates").Select(g => g.Text("conditionType")).ToList();
        var met = gates.Count(g => pod.Items("status", "conditions").Any(c => c.Text("type") == g && c.Text("status") == "True"));
        return gates.Count == 0 ? "<none>" : string.Create(CultureInfo.InvariantCulture, $"{met}/{gates.Count}");
    }
}
