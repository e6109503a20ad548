using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.Config;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Pods;

namespace Lateen.Injection.Admission;

/// <summary>How an admission call ended.</summary>
public enum AdmissionOutcome
{
    /// <summary>The pod was patched.</summary>
    Injected,

    /// <summary>The pod is not one to inject; it is let through as it is.</summary>
    Skipped,

    /// <summary>The pod is to be injected and cannot be; it is refused.</summary>
    Refused,

    /// <summary>The call was no admission review.</summary>
    Unreadable,
}

/// <summary>What to send back.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">UTF-8; JSON for status 200, else one line of text.</param>
/// <param name="Outcome">For counters.</param>
/// <param name="Pod">namespace/name of the pod, or empty.</param>
/// <param name="Reason">One sentence for the log.</param>
public sealed record AdmissionAnswer(int Status, byte[] Body, AdmissionOutcome Outcome, string Pod, string Reason);

/// <summary>What a control plane injects with, at one moment.</summary>
/// <param name="Config">Templates, values and policy.</param>
/// <param name="Mesh">The mesh's configuration.</param>
/// <param name="Revision">The control plane's revision; empty for the default one.</param>
public sealed record InjectionSnapshot(InjectorConfig Config, MeshSettings Mesh, string Revision)
{
    /// <summary>The mesh's resources of kind ProxyConfig.</summary>
    public IReadOnlyList<JsonObject> ProxyConfigs { get; init; } = [];
}

/// <summary>Answers an AdmissionReview (admission.k8s.io v1 and v1beta1) for the creation of a pod: a pure function of bytes.</summary>
/// <remarks>Source: Kubernetes documentation, "Dynamic Admission Control", "Request" and "Response".</remarks>
public static class InjectionAdmission
{
    // Deeper than any pod that an API server takes (100), and shallow enough for every recursive step behind it.
    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 110, AllowDuplicateProperties = false };

    /// <summary>Reads the review, decides, injects.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="path">The request's path, with the parameters behind <c>/inject</c>.</param>
    /// <param name="snapshot">What to inject with.</param>
    public static AdmissionAnswer Answer(ReadOnlyMemory<byte> body, string path, InjectionSnapshot snapshot)
    {
        if (body.IsEmpty)
        {
            return Unreadable("no body found");
        }

        try
        {
            return JsonNode.Parse(body.Span, documentOptions: Limits) is JsonObject review && review["request"] is JsonObject request
                ? Answer(review, request, path, snapshot)
                : Unreadable("the body is no AdmissionReview with a request");
        }
        catch (JsonException problem)
        {
            return Unreadable($"the body is not JSON: {problem.Message}");
        }
    }

    private static AdmissionAnswer Answer(JsonObject review, JsonObject request, string path, InjectionSnapshot snapshot)
    {
        var uid = PodParts.Text(request["uid"]) ?? "";
        if (request["object"] is not JsonObject pod)
        {
            return Refuse(review, uid, "", "the review carries no object");
        }

        (pod["metadata"] as JsonObject)?.Remove("managedFields");
        var ns = PodParts.Text(PodParts.At(pod, "metadata", "namespace")) is { Length: > 0 } own ? own : PodParts.Text(request["namespace"]) ?? "";
        var name = $"{ns}/{PodName(pod)}";
        var decision = snapshot.Config.Policy.Decide(pod, ns);
        if (!decision.Inject)
        {
            return Allow(review, uid, null, AdmissionOutcome.Skipped, name, decision.Reason);
        }

        try
        {
            var result = Injector.Inject(new InjectionInput(pod, WorkloadIdentity.OfPod(pod, ns), snapshot.Config, snapshot.Mesh)
            {
                Revision = snapshot.Revision,
                ProxyConfigs = snapshot.ProxyConfigs,
                Parameters = InjectionPath.Read(path),
            });
            return Allow(review, uid, result.ToPatch(), AdmissionOutcome.Injected, name, decision.Reason);
        }
        catch (InjectionException problem)
        {
            return Refuse(review, uid, name, problem.Message);
        }
    }

    private static string PodName(JsonObject pod) => PodParts.Name(pod["metadata"] as JsonObject) is { Length: > 0 } name
        ? name
        : PodParts.Text(PodParts.At(pod, "metadata", "generateName")) ?? "";

    private static AdmissionAnswer Allow(JsonObject review, string uid, JsonArray? patch, AdmissionOutcome outcome, string pod, string reason)
    {
        var response = new JsonObject { ["uid"] = uid, ["allowed"] = true };
        if (patch is not null)
        {
            response["patch"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(GoJson.Write(patch)));
            response["patchType"] = "JSONPatch";
        }

        return new AdmissionAnswer(200, Write(review, response), outcome, pod, reason);
    }

    private static AdmissionAnswer Refuse(JsonObject review, string uid, string pod, string reason)
    {
        var response = new JsonObject
        {
            ["uid"] = uid,
            ["allowed"] = false,
            ["status"] = new JsonObject { ["metadata"] = new JsonObject(), ["message"] = reason },
        };
        return new AdmissionAnswer(200, Write(review, response), AdmissionOutcome.Refused, pod, reason);
    }

    private static byte[] Write(JsonObject review, JsonObject response) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["kind"] = "AdmissionReview",
        ["apiVersion"] = PodParts.Text(review["apiVersion"]) is "admission.k8s.io/v1beta1" ? "admission.k8s.io/v1beta1" : "admission.k8s.io/v1",
        ["response"] = response,
    }.ToJsonString());

    private static AdmissionAnswer Unreadable(string reason) =>
        new(400, Encoding.UTF8.GetBytes(reason + "\n"), AdmissionOutcome.Unreadable, "", reason);
}
