using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;

namespace Lateen.Sandbox.Node;

/// <summary>What a pod's volumes and variables are filled from.</summary>
internal sealed class VolumeSources(KubernetesClient client, ClusterCache cache, string ns)
{
    public JsonObject? ConfigMap(string name) => cache.Of(ResourceTypes.ConfigMaps).Find(new ObjectKey(ns, name));

    public JsonObject? Secret(string name) => cache.Of(ResourceTypes.Secrets).Find(new ObjectKey(ns, name));

    /// <summary>Asks for a token of the pod's service account, bound to the pod (authentication.k8s.io/v1 TokenRequest).</summary>
    public async Task<string> TokenAsync(JsonObject pod, string audience, long seconds, CancellationToken cancellation)
    {
        JsonObject spec = new()
        {
            ["expirationSeconds"] = seconds,
            ["boundObjectRef"] = new JsonObject
            {
                ["apiVersion"] = "v1", ["kind"] = "Pod", ["name"] = pod.Name(), ["uid"] = pod.Uid(),
            },
        };
        if (audience.Length > 0)
        {
            spec["audiences"] = new JsonArray(audience);
        }

        JsonObject request = new()
        {
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["kind"] = "TokenRequest",
            ["spec"] = spec,
        };
        string account = pod.Text("spec", "serviceAccountName") is { Length: > 0 } name ? name : "default";
        JsonObject answer = await client.CreateAsync(ResourceTypes.ServiceAccounts, ns, request, cancellation, account, "token");
        return answer.Text("status", "token");
    }
}
