using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.Admission;
using Lateen.Injection.Config;
using Lateen.Injection.Schema;

namespace Lateen.Conformance.Families.Injection;

/// <summary>Creates a pod the way an API server does: an AdmissionReview to the injector, its JSON patch applied to the pod.</summary>
internal static class WebhookCall
{
    /// <summary>The pod as it would be stored, or why it is refused.</summary>
    public static (JsonObject? Pod, string? Error) Run(JsonObject pod, InjectorConfig config, MeshSettings mesh, string revision)
    {
        var review = new JsonObject
        {
            ["apiVersion"] = "admission.k8s.io/v1",
            ["kind"] = "AdmissionReview",
            ["request"] = new JsonObject { ["uid"] = "uid-1", ["namespace"] = "default", ["operation"] = "CREATE", ["object"] = pod.DeepClone() },
        };
        var answer = InjectionAdmission.Answer(
            JsonSerializer.SerializeToUtf8Bytes(review), "/inject", new InjectionSnapshot(config, mesh, revision));
        if (answer.Status != 200)
        {
            return (null, Encoding.UTF8.GetString(answer.Body));
        }

        var response = JsonNode.Parse(answer.Body)!["response"]!;
        if (!(bool)response["allowed"]!)
        {
            return (null, (string?)response["status"]?["message"]);
        }

        var patched = (JsonObject)pod.DeepClone();
        if ((string?)response["patch"] is { } patch)
        {
            JsonPatch.Apply(patched, JsonNode.Parse(Convert.FromBase64String(patch))!.AsArray());
        }

        return (Typed(patched), null);
    }

    /// <summary>The pod as Kubernetes writes it; the namespace, which the caller gives, is left out.</summary>
    public static JsonObject Typed(JsonObject pod)
    {
        var typed = TypedJson.Normalise(PodSchema.Pod, pod, lenient: true);
        typed["metadata"]!.AsObject().Remove("namespace");
        return typed;
    }
}
