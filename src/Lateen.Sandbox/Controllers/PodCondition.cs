using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>What controllers ask of a pod.</summary>
internal static class PodCondition
{
    /// <summary>Whether a condition of an object's status is True.</summary>
    public static bool Holds(JsonObject value, string type) => Find(value, type).Text("status") == "True";

    /// <summary>A condition of an object's status; null when it is not there.</summary>
    public static JsonObject? Find(JsonObject value, string type) =>
        value.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == type);

    public static bool IsReady(JsonObject pod) => Holds(pod, "Ready");

    /// <summary>Whether the pod ended for good.</summary>
    public static bool IsFinished(JsonObject pod) => pod.Text("status", "phase") is "Succeeded" or "Failed";

    /// <summary>Whether the pod counts as a replica.</summary>
    public static bool IsActive(JsonObject pod) => !IsFinished(pod) && !pod.IsTerminating();

    /// <summary>Whether the pod has been ready for long enough; otherwise when it will be, if it stays so.</summary>
    public static bool IsAvailable(JsonObject pod, long minReadySeconds, DateTimeOffset now, out DateTimeOffset? at)
    {
        at = null;
        if (!IsReady(pod))
        {
            return false;
        }

        if (minReadySeconds == 0)
        {
            return true;
        }

        at = (Timestamps.Parse(Find(pod, "Ready").Text("lastTransitionTime")) ?? now).AddSeconds(minReadySeconds);
        return at <= now;
    }
}
