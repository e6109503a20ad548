using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Lateen.Injection.Pods;

/// <summary>The workload that a pod belongs to, as a person named it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">The pod's namespace; may be empty.</param>
/// <param name="ApiVersion">Such as apps/v1; empty when not known.</param>
/// <param name="Kind">Such as Deployment.</param>
public sealed partial record WorkloadIdentity(string Name, string Namespace, string ApiVersion, string Kind)
{
    /// <summary>Finds it through the pod's controller: a Deployment behind its ReplicaSet, a CronJob behind its Job.</summary>
    public static WorkloadIdentity OfPod(JsonObject pod, string ns)
    {
        var meta = pod["metadata"] as JsonObject;
        var controller = (meta?["ownerReferences"] as JsonArray ?? []).OfType<JsonObject>()
            .FirstOrDefault(owner => PodParts.IsTrue(owner["controller"]));
        if (controller is null)
        {
            return new WorkloadIdentity(PodName(meta), ns, "v1", "Pod");
        }

        var name = PodParts.Name(controller);
        var api = PodParts.Text(controller["apiVersion"]) ?? "";
        var kind = PodParts.Text(controller["kind"]) ?? "";
        return kind switch
        {
            "ReplicaSet" => OfReplicaSet(pod, name, ns, api),
            "ReplicationController" when PodParts.Label(pod, "deploymentconfig") is { Length: > 0 } config
                && name.StartsWith(config + "-", StringComparison.Ordinal) =>
                new WorkloadIdentity(config, ns, "apps.openshift.io/v1", "DeploymentConfig"),
            "Job" when CronJobName().Match(name) is { Success: true } match =>
                new WorkloadIdentity(match.Groups[1].Value, ns, api, "CronJob"),
            _ => new WorkloadIdentity(name, ns, api, kind),
        };
    }

    private static WorkloadIdentity OfReplicaSet(JsonObject pod, string name, string ns, string api)
    {
        if (PodParts.Label(pod, "rollouts-pod-template-hash") is { Length: > 0 } rollout
            && name.EndsWith("-" + rollout, StringComparison.Ordinal))
        {
            return new WorkloadIdentity(name[..^(rollout.Length + 1)], ns, "argoproj.io/v1alpha1", "Rollout");
        }

        return PodParts.Label(pod, "pod-template-hash") is { Length: > 0 } hash && name.EndsWith("-" + hash, StringComparison.Ordinal)
            ? new WorkloadIdentity(name[..^(hash.Length + 1)], ns, api, "Deployment")
            : new WorkloadIdentity(name, ns, api, "ReplicaSet");
    }

    private static string PodName(JsonObject? meta) =>
        PodParts.Name(meta) is { Length: > 0 } name ? name : (PodParts.Text(meta?["generateName"]) ?? "").TrimEnd('-');

    // A Job of a CronJob carries the time of its run, in minutes or seconds since 1970.
    [GeneratedRegex(@"^(.+)-\d{8,10}$", RegexOptions.CultureInvariant)]
    private static partial Regex CronJobName();
}
