using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;

namespace Lateen.Injection.Pods;

/// <summary>The annotation sidecar.istio.io/status: what an injection put into a pod.</summary>
/// <param name="InitContainers">Names; null where the list is absent.</param>
/// <param name="Containers">Likewise.</param>
/// <param name="Volumes">Likewise.</param>
/// <param name="ImagePullSecrets">Likewise.</param>
/// <param name="Revision">The revision of the control plane that injected.</param>
internal sealed record InjectionStatus(
    IReadOnlyList<string>? InitContainers,
    IReadOnlyList<string>? Containers,
    IReadOnlyList<string>? Volumes,
    IReadOnlyList<string>? ImagePullSecrets,
    string Revision)
{
    public const string Annotation = "sidecar.istio.io/status";

    /// <summary>Null when the pod was never injected, or the annotation is broken.</summary>
    public static InjectionStatus? Read(string? annotation)
    {
        try
        {
            return !string.IsNullOrEmpty(annotation) && JsonNode.Parse(annotation) is JsonObject status
                ? new InjectionStatus(
                    Names(status, "initContainers"), Names(status, "containers"), Names(status, "volumes"),
                    Names(status, "imagePullSecrets"), PodParts.Text(status["revision"]) ?? "")
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The status of an injection whose templates, laid over nothing, gave <paramref name="rendered"/>.</summary>
    public static InjectionStatus Of(JsonObject rendered, string revision) => new(
        Items(rendered, "initContainers"), Items(rendered, "containers"), Items(rendered, "volumes"),
        Items(rendered, "imagePullSecrets"), revision.Length > 0 ? revision : "default");

    public string Write() => GoJson.Write(new JsonObject
    {
        ["initContainers"] = List(InitContainers),
        ["containers"] = List(Containers),
        ["volumes"] = List(Volumes),
        ["imagePullSecrets"] = List(ImagePullSecrets),
        ["revision"] = Revision,
    });

    private static List<string>? Names(JsonObject status, string name) =>
        (status[name] as JsonArray)?.Select(PodParts.Text).OfType<string>().ToList();

    private static List<string>? Items(JsonObject pod, string list) =>
        pod["spec"]?[list] is JsonArray { Count: > 0 } items ? items.Select(item => PodParts.Name(item as JsonObject)).ToList() : null;

    private static JsonArray? List(IReadOnlyList<string>? names) =>
        names is null ? null : new JsonArray([.. names.Select(name => (JsonNode)name)]);
}
