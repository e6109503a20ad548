using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>The status of a deployment from its ReplicaSets: what <c>kubectl rollout status</c> and <c>kubectl wait</c> look at.</summary>
internal static class DeploymentStatus
{
    /// <summary>The status; null when it is the one that stands already.</summary>
    /// <param name="current">The ReplicaSet of the current template; null when there is none yet.</param>
    /// <param name="old">The others.</param>
    public static JsonObject? Of(JsonObject deployment, JsonObject? current, IReadOnlyList<JsonObject> old, DateTimeOffset now)
    {
        long wanted = deployment.Number("spec", "replicas") ?? 1;
        long replicas = Sum("replicas");
        long ready = Sum("readyReplicas");
        long available = Sum("availableReplicas");
        long updated = current.Number("status", "replicas") ?? 0;
        (_, int unavailable) = RollingUpdate.Limits(deployment, (int)wanted);
        JsonObject status = new() { ["observedGeneration"] = deployment.Number("metadata", "generation") ?? 0 };
        Add("replicas", replicas);
        Add("updatedReplicas", updated);
        Add("readyReplicas", ready);
        Add("availableReplicas", available);
        Add("unavailableReplicas", Math.Max(Math.Max(wanted, replicas) - available, 0));
        status["conditions"] = new JsonArray(
            available >= wanted - unavailable
                ? Condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
                : Condition("Available", "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
            Progress());
        if (deployment.Number("status", "collisionCount") is { } collisions)
        {
            status["collisionCount"] = collisions;
        }

        return JsonNode.DeepEquals(status, deployment["status"]) ? null : status;

        long Sum(string field) => old.Append(current).Sum(set => set.Number("status", field) ?? 0);

        void Add(string field, long count)
        {
            if (count > 0)
            {
                status[field] = count;
            }
        }

        JsonObject Progress()
        {
            if (current is null)
            {
                return Condition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused");
            }

            if (updated == wanted && replicas == wanted && available == wanted)
            {
                return Condition(
                    "Progressing", "True", "NewReplicaSetAvailable", $"ReplicaSet \"{current.Name()}\" has successfully progressed.");
            }

            return Condition("Progressing", "True", "ReplicaSetUpdated", $"ReplicaSet \"{current.Name()}\" is progressing.");
        }

        JsonObject Condition(string type, string value, string reason, string message)
        {
            JsonObject? before = PodCondition.Find(deployment, type);
            string moment = Timestamps.Seconds(now);
            bool same = before.Text("status") == value;
            return new JsonObject
            {
                ["type"] = type,
                ["status"] = value,
                ["lastUpdateTime"] = same && before.Text("reason") == reason ? before.Text("lastUpdateTime") : moment,
                ["lastTransitionTime"] = same ? before.Text("lastTransitionTime") : moment,
                ["reason"] = reason,
                ["message"] = message,
            };
        }
    }
}
