using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Patching;
using Lateen.Injection.Schema;

namespace Lateen.Injection.Pods;

/// <summary>A container that a person wrote under a name that a template makes too: the person's fields win.</summary>
/// <remarks>
/// The person's text is kept in proxy.istio.io/overrides, because after the injection it cannot be told apart any more; a later
/// injection lays it over the new template again. The image <c>auto</c> means "the injected one".
/// </remarks>
internal static class ContainerOverrides
{
    public const string Annotation = "proxy.istio.io/overrides";
    private static readonly string[] Lists = ["containers", "initContainers"];

    /// <summary>Puts remembered containers back into a pod from which an earlier injection was taken out.</summary>
    public static void Restore(JsonObject pod)
    {
        var remembered = Read(pod);
        foreach (var list in Lists)
        {
            foreach (var container in Items(remembered, list).Where(item => PodParts.Find(pod, list, PodParts.Name(item)) is null))
            {
                if (PodParts.Spec(pod)[list] is not JsonArray)
                {
                    PodParts.Spec(pod)[list] = new JsonArray();
                }

                PodParts.Spec(pod)[list]!.AsArray().Add(container.DeepClone());
            }
        }
    }

    /// <summary>Lays the person's containers over <paramref name="merged"/>, which is changed, and remembers them there.</summary>
    /// <param name="merged">The pod with the templates applied.</param>
    /// <param name="original">The pod as it came.</param>
    /// <param name="rendered">What the templates alone make.</param>
    public static void Apply(JsonObject merged, JsonObject original, JsonObject rendered)
    {
        var status = InjectionStatus.Read(PodParts.Annotation(original, InjectionStatus.Annotation));
        var remembered = Read(original);
        var kept = new JsonObject();
        TakeFromApplications(merged, rendered);
        foreach (var list in Lists)
        {
            foreach (var name in PodParts.Containers(rendered, list).Select(PodParts.Name).ToList())
            {
                var injectedBefore = (list == "containers" ? status?.Containers : status?.InitContainers)?.Contains(name) ?? false;
                var own = Items(remembered, list).FirstOrDefault(item => PodParts.Name(item) == name)
                    ?? (injectedBefore ? null : FindAnywhere(original, name));
                if (own is not null)
                {
                    Overlay(merged, list, own, kept);
                }
            }
        }

        if (status is null && kept.Count > 0)
        {
            PodParts.Object(PodParts.Meta(merged), "annotations")[Annotation] = GoJson.Write(kept);
        }
    }

    // A native sidecar is an init container: what the person wrote among the containers would run a second one.
    private static void TakeFromApplications(JsonObject merged, JsonObject rendered)
    {
        if (PodParts.Find(rendered, "initContainers", PodParts.Proxy) is not null
            && PodParts.Find(merged, "containers", PodParts.Proxy) is { } doubled)
        {
            merged["spec"]!["containers"]!.AsArray().Remove(doubled);
        }
    }

    private static void Overlay(JsonObject merged, string list, JsonObject own, JsonObject kept)
    {
        var overlay = (JsonObject)own.DeepClone();
        if (PodParts.Text(overlay["image"]) == "auto")
        {
            overlay.Remove("image");
        }

        if (kept[list] is not JsonArray)
        {
            kept[list] = new JsonArray();
        }

        kept[list]!.AsArray().Add(overlay.DeepClone());
        var patch = new JsonObject { ["spec"] = new JsonObject { [list] = new JsonArray(overlay) } };
        merged["spec"] = StrategicMerge.Apply(merged, patch, PodSchema.Pod)["spec"]!.DeepClone();
    }

    private static JsonObject? FindAnywhere(JsonObject pod, string name) =>
        PodParts.Find(pod, "containers", name) ?? PodParts.Find(pod, "initContainers", name);

    private static JsonObject Read(JsonObject pod)
    {
        try
        {
            return PodParts.Annotation(pod, Annotation) is { Length: > 0 } text ? JsonNode.Parse(text) as JsonObject ?? [] : [];
        }
        catch (JsonException problem)
        {
            throw new InjectionException($"annotation {Annotation} is not JSON: {problem.Message}", problem);
        }
    }

    private static IEnumerable<JsonObject> Items(JsonObject overrides, string list) =>
        (overrides[list] as JsonArray)?.OfType<JsonObject>() ?? [];
}
