using System.Text;
using System.Text.Json.Nodes;
using Lateen.Injection.Config;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;
using Lateen.Injection.Schema;
using Lateen.Injection.Yaml;

namespace Lateen.Injection.Files;

/// <summary>Injects the pods and pod templates of a manifest file: what <c>kube-inject</c> prints.</summary>
/// <param name="config">Templates and values; of its policy only what the pods themselves say counts.</param>
/// <param name="mesh">The mesh's configuration.</param>
/// <param name="revision">Empty for the default one.</param>
/// <param name="skipped">Told why an object is left as it is.</param>
public sealed class ManifestInjector(InjectorConfig config, MeshSettings mesh, string revision, Action<string> skipped)
{
    private static readonly InjectionPolicy Asked = new("enabled", [], []);

    /// <summary>Every document in its order, each followed by a line <c>---</c>; a kind without a pod is copied as it was written.</summary>
    /// <exception cref="InjectionException">A document cannot be injected; the message names it.</exception>
    public string Inject(string manifests)
    {
        var into = new StringBuilder();
        foreach (var text in ManifestText.Split(manifests))
        {
            var written = Read(text) is { } document && Inject(document) is { } injected ? YamlWriter.Write(injected) : text;
            into.Append(written);
            if (!written.EndsWith('\n'))
            {
                into.Append('\n');
            }

            into.Append("---\n");
        }

        return into.ToString();
    }

    private static JsonObject? Read(string text)
    {
        try
        {
            return YamlReader.Read(text) as JsonObject;
        }
        catch (FormatException problem)
        {
            throw new InjectionException($"cannot read a document: {problem.Message}", problem);
        }
    }

    /// <summary>The object with its pod injected, as Kubernetes writes it; null for a kind that carries no pod.</summary>
    internal JsonObject? Inject(JsonObject document)
    {
        var kind = PodParts.Text(document["kind"]) ?? "";
        if (kind == "List" && document["items"] is JsonArray items)
        {
            var list = (JsonObject)document.DeepClone();
            list["metadata"] ??= new JsonObject();
            list["items"] = new JsonArray([.. items.Select(item => item is JsonObject entry ? Inject(entry) ?? entry.DeepClone() : item?.DeepClone())]);
            return list;
        }

        if (WorkloadSchema.Of(kind) is not { } type)
        {
            return null;
        }

        var meta = document["metadata"] as JsonObject;
        var workload = new WorkloadIdentity(
            PodParts.Name(meta), PodParts.Text(meta?["namespace"]) ?? "", PodParts.Text(document["apiVersion"]) ?? "", kind);
        try
        {
            var typed = TypedJson.Normalise(type, document, lenient: true);
            InjectPod(typed, workload);
            return TypedJson.Normalise(type, typed, lenient: false);
        }
        catch (Exception problem) when (problem is FormatException or InjectionException)
        {
            throw new InjectionException($"{kind} \"{Label(workload)}\": {problem.Message}", problem);
        }
    }

    private void InjectPod(JsonObject document, WorkloadIdentity workload)
    {
        var (metaOwner, specOwner) = PodOwners(document, workload.Kind);
        var pod = new JsonObject { ["metadata"] = metaOwner["metadata"]?.DeepClone(), ["spec"] = specOwner["spec"]!.DeepClone() };
        var own = PodParts.Text(PodParts.At(pod, "metadata", "namespace"));
        var decision = Asked.Decide(pod, string.IsNullOrEmpty(own) ? workload.Namespace : own);
        if (!decision.Inject)
        {
            var reason = PodParts.IsTrue(PodParts.At(pod, "spec", "hostNetwork")) ? "has host networking enabled" : "has sidecar injection disabled";
            skipped($"===> Skipping injection because {workload.Kind} \"{Label(workload)}\" {reason}");
            return;
        }

        var result = Injector.Inject(new InjectionInput(pod, workload, config, mesh) { Revision = revision });
        metaOwner["metadata"] = result.After["metadata"]?.DeepClone();
        specOwner["spec"] = result.After["spec"]!.DeepClone();
    }

    // A CronJob's marks go to the job template, from which the reference's tools read them back.
    private static (JsonObject Meta, JsonObject Spec) PodOwners(JsonObject document, string kind)
    {
        if (kind == "Pod")
        {
            return (document, document);
        }

        var parent = kind == "CronJob" ? document["spec"]?["jobTemplate"] as JsonObject : document;
        return parent?["spec"]?["template"] is JsonObject template && template["spec"] is JsonObject { Count: > 0 }
            ? (kind == "CronJob" ? parent : template, template)
            : throw new InjectionException("spec.template is required value");
    }

    private static string Label(WorkloadIdentity workload) => $"{workload.Namespace}/{workload.Name}";
}
