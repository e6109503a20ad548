using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>Reads a Pod as the workload that selectors, endpoints and proxies refer to.</summary>
public static class PodDecoder
{
    public static Workload Read(JsonObject pod, string clusterId)
    {
        var (workload, kind) = Owner(pod);
        return new Workload
        {
            Name = pod.Name(),
            Namespace = pod.Namespace(),
            Uid = pod.Uid(),
            Addresses = Addresses(pod),
            Labels = pod.Pairs("metadata", "labels").ToEquatableMap(),
            Annotations = pod.Pairs("metadata", "annotations").ToEquatableMap(),
            Ports = pod.Items("spec", "containers").Concat(pod.Items("spec", "initContainers"))
                .SelectMany(container => container.Items("ports"))
                .Select(port => new ContainerPort(
                    port.Text("name"),
                    (int)(port.Number("containerPort") ?? 0),
                    port.Text("protocol") is { Length: > 0 } transport ? transport : "TCP"))
                .ToEquatableArray(),
            ServiceAccount = pod.Text("spec", "serviceAccountName") is { Length: > 0 } account ? account : "default",
            NodeName = pod.Text("spec", "nodeName"),
            Locality = PodLocality(pod),
            Network = pod.Labels().Text("topology.istio.io/network"),
            ClusterId = clusterId,
            WorkloadName = workload,
            WorkloadKind = kind,
            Ready = pod.Items("status", "conditions")
                .Any(condition => condition.Text("type") == "Ready" && condition.Text("status") == "True"),
            Hostname = pod.Text("spec", "hostname"),
            Subdomain = pod.Text("spec", "subdomain"),
        };
    }

    private static EquatableArray<string> Addresses(JsonObject pod)
    {
        // A finished pod keeps its address in its status although somebody else may have it by now.
        if (pod.Text("status", "phase") is "Succeeded" or "Failed" || pod.Flag("spec", "hostNetwork"))
        {
            return [];
        }

        var all = pod.Items("status", "podIPs").Select(entry => entry.Text("ip")).Where(address => address.Length > 0).ToEquatableArray();
        if (!all.IsEmpty)
        {
            return all;
        }

        return pod.Text("status", "podIP") is { Length: > 0 } single ? [single] : [];
    }

    /// <summary>Locality from the label istio-locality, whose separator is a dot (a label has no slash).</summary>
    private static Locality PodLocality(JsonObject pod) => Locality.OfLabel(pod.Labels().Text("istio-locality"), "");

    /// <summary>The Deployment (or other controller) behind the pod; a ReplicaSet of a Deployment carries the pod's template hash.</summary>
    private static (string Name, string Kind) Owner(JsonObject pod)
    {
        var owner = pod.Items("metadata", "ownerReferences").FirstOrDefault(reference => reference.Flag("controller"));
        if (owner is null)
        {
            return (pod.Name(), "Pod");
        }

        var (name, kind) = (owner.Text("name"), owner.Text("kind"));
        var hash = pod.Labels().Text("pod-template-hash");
        if (kind == "ReplicaSet" && hash.Length > 0 && name.EndsWith($"-{hash}", StringComparison.Ordinal))
        {
            return (name[..^(hash.Length + 1)], "Deployment");
        }

        return (name, kind);
    }
}
