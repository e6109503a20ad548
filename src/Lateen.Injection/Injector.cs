using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Lateen.Injection.Config;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Patching;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;
using Lateen.Injection.Probes;
using Lateen.Injection.Schema;
using Lateen.Injection.Yaml;

namespace Lateen.Injection;

/// <summary>One pod to inject and all that the result depends on.</summary>
/// <param name="Pod">The pod; not changed.</param>
/// <param name="Workload">What it belongs to.</param>
/// <param name="Config">Templates and values.</param>
/// <param name="Mesh">The mesh's configuration.</param>
public sealed record InjectionInput(JsonObject Pod, WorkloadIdentity Workload, InjectorConfig Config, MeshSettings Mesh)
{
    /// <summary>The revision of the control plane; empty for the default one.</summary>
    public string Revision { get; init; } = "";

    /// <summary>The mesh's resources of kind ProxyConfig.</summary>
    public IReadOnlyList<JsonObject> ProxyConfigs { get; init; } = [];

    /// <summary>Environment variables for the sidecar, as <see cref="InjectionPath"/> reads them.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = FrozenDictionary<string, string>.Empty;
}

/// <summary>A pod before and after injection, both as Kubernetes writes pods, so that they differ only where injection changed something.</summary>
public sealed record InjectionResult(JsonObject Before, JsonObject After)
{
    /// <summary>The RFC 6902 patch from <see cref="Before"/> to <see cref="After"/>.</summary>
    public JsonArray ToPatch() => JsonPatchDiff.Compare(Before, After);
}

/// <summary>Puts the sidecar into a pod: a pure function of its input.</summary>
/// <remarks>
/// Steps, in this order because each needs the one before: check annotations; take an earlier injection out of the copy that the
/// templates see; run the templates and merge each over the pod; lay the person's own containers over that; cluster variables,
/// metrics, probes, marks; order of containers. All or nothing: a problem in any step leaves no partial pod.
/// </remarks>
public static class Injector
{
    /// <summary>Far above any real pod; templates may do work for each pair of containers.</summary>
    private const int MaxContainers = 500;

    private const string TemplatesAnnotation = "inject.istio.io/templates";
    private const string ProxyConfigAnnotation = "proxy.istio.io/config";
    private const string ClusterVariable = "ISTIO_META_CLUSTER_ID";
    private const string NetworkVariable = "ISTIO_META_NETWORK";
    private const string NetworkLabel = "topology.istio.io/network";

    /// <exception cref="InjectionException">The pod, an annotation or a template is wrong; nothing is injected.</exception>
    public static InjectionResult Inject(InjectionInput input)
    {
        if (PodParts.Containers(input.Pod).Count() + PodParts.Containers(input.Pod, "initContainers").Count() is var count and > MaxContainers)
        {
            throw new InjectionException($"pod: {count} containers are more than the {MaxContainers} that can be injected");
        }

        var before = Normalise(input.Pod, "pod", lenient: true);
        if (AnnotationRules.Check(before) is { Count: > 0 } problems)
        {
            throw new InjectionException(string.Join("; ", problems));
        }

        var statusPort = PodParts.Whole(input.Mesh.ProxyConfig["statusPort"]);
        var resources = ProxyConfigResources.For(
            input.ProxyConfigs, input.Mesh.RootNamespace, input.Workload.Namespace, before["metadata"]?["labels"]);
        var proxyConfig = input.Mesh.ForPod(resources, PodParts.Annotation(before, ProxyConfigAnnotation));
        var variables = Variables(input, before);
        var (pod, rendered) = RunTemplates(input, before, proxyConfig, statusPort);
        ContainerOverrides.Apply(pod, before, rendered);
        ProxyUser.Apply(pod, before, proxyConfig);
        SetVariables(pod, variables);
        PrometheusMerge.Apply(pod, input.Mesh.Json, statusPort);
        ProbeRewrite.Apply(pod, input.Config.Values, statusPort, input.Config.RewritesTcpProbes);
        Mark(pod, rendered, input, variables);
        ContainerOrder.Apply(pod, Holds(proxyConfig) || Holds(PodParts.At(input.Config.Values, "global", "proxy")));
        return new InjectionResult(before, Normalise(pod, "injected pod", lenient: false));
    }

    private static bool Holds(JsonNode? settings) => PodParts.IsTrue((settings as JsonObject)?["holdApplicationUntilProxyStarts"]);

    private static SortedDictionary<string, string> Variables(InjectionInput input, JsonObject pod)
    {
        var variables = new SortedDictionary<string, string>(input.Parameters.ToDictionary(), StringComparer.Ordinal);
        var global = input.Config.Values["global"];
        Default(ClusterVariable, PodParts.Text(PodParts.At(global, "multiCluster", "clusterName")));
        Default(NetworkVariable, PodParts.Text(PodParts.At(global, "network")));
        if (PodParts.Label(pod, NetworkLabel) is { Length: > 0 } network)
        {
            variables[NetworkVariable] = network;
        }

        return variables;

        void Default(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                variables.TryAdd(name, value);
            }
        }
    }

    private static (JsonObject Pod, JsonObject Rendered) RunTemplates(
        InjectionInput input, JsonObject before, JsonObject proxyConfig, int statusPort)
    {
        var stripped = Strip(before, statusPort);
        var data = Data(input, stripped, proxyConfig);
        var pod = before;
        var rendered = new JsonObject();
        foreach (var template in SelectTemplates(input.Config, before))
        {
            var overlay = Render(template, data);
            pod = StrategicMerge.Apply(pod, overlay, PodSchema.Pod);
            rendered = StrategicMerge.Apply(rendered, overlay, PodSchema.Pod);
        }

        return (Normalise(pod, "pod after the templates", lenient: false), Normalise(rendered, "templates' pod", lenient: false));
    }

    private static IEnumerable<GoTemplateText> SelectTemplates(InjectorConfig config, JsonObject pod)
    {
        var asked = PodParts.Annotation(pod, TemplatesAnnotation)?.Split(',', StringSplitOptions.TrimEntries) ?? [.. config.DefaultTemplates];
        foreach (var name in asked.SelectMany(name => config.Aliases.GetValueOrDefault(name) ?? [name]))
        {
            yield return config.Templates.TryGetValue(name, out var template)
                ? template
                : throw new InjectionException(
                    $"requested template \"{name}\" not found; have {string.Join(", ", config.Templates.Keys.Order(StringComparer.Ordinal))}");
        }
    }

    private static JsonObject Render(GoTemplateText template, object data)
    {
        try
        {
            return YamlReader.Read(template.Render(data)) switch
            {
                null => [],
                JsonObject overlay => overlay,
                _ => throw new FormatException("the result is not an object"),
            };
        }
        catch (TemplateException problem)
        {
            throw new InjectionException($"failed to run injection template: {problem.Message}", problem);
        }
        catch (FormatException problem)
        {
            throw new InjectionException($"failed to run injection template: result of template \"{template.Name}\": {problem.Message}", problem);
        }
    }

    private static GoMap Data(InjectionInput input, JsonObject pod, JsonObject proxyConfig) => new()
    {
        ["TypeMeta"] = new GoMap { ["Kind"] = input.Workload.Kind, ["APIVersion"] = input.Workload.ApiVersion },
        ["DeploymentMeta"] = new TypedStruct(PodSchema.ObjectMeta, WorkloadMeta(input.Workload)),
        ["ObjectMeta"] = new TypedStruct(PodSchema.ObjectMeta, pod["metadata"] as JsonObject),
        ["Spec"] = new TypedStruct(PodSchema.PodSpec, pod["spec"] as JsonObject),
        ["ProxyConfig"] = new TypedStruct(MeshSchema.ProxyConfig, proxyConfig),
        ["MeshConfig"] = new TypedStruct(MeshSchema.MeshConfig, input.Mesh.Json),
        ["Values"] = input.Config.ValuesView,
        ["Revision"] = input.Revision,
        ["ProxyImage"] = ProxyImage.Of(input.Config.Values, proxyConfig, pod),
    };

    private static JsonObject WorkloadMeta(WorkloadIdentity workload) =>
        new() { ["name"] = workload.Name, ["namespace"] = workload.Namespace };

    /// <summary>The pod without what an earlier injection put into it: what the templates may take for the person's own.</summary>
    private static JsonObject Strip(JsonObject pod, int statusPort)
    {
        var stripped = (JsonObject)pod.DeepClone();
        if (InjectionStatus.Read(PodParts.Annotation(pod, InjectionStatus.Annotation)) is { } status)
        {
            Remove(stripped, "containers", status.Containers);
            Remove(stripped, "initContainers", status.InitContainers);
            PrometheusMerge.Clear(stripped, statusPort);
            (stripped["metadata"]?["annotations"] as JsonObject)?.Remove(InjectionStatus.Annotation);
        }

        ContainerOverrides.Restore(stripped);
        return stripped;
    }

    private static void Remove(JsonObject pod, string list, IReadOnlyList<string>? names)
    {
        foreach (var container in PodParts.Containers(pod, list).Where(item => names?.Contains(PodParts.Name(item)) ?? false).ToList())
        {
            pod["spec"]![list]!.AsArray().Remove(container);
        }
    }

    private static void SetVariables(JsonObject pod, SortedDictionary<string, string> variables)
    {
        if (PodParts.FindProxy(pod) is { } proxy)
        {
            foreach (var (name, value) in variables)
            {
                ProxyEnvironment.Replace(proxy, name, value);
            }
        }
    }

    private static void Mark(JsonObject pod, JsonObject rendered, InjectionInput input, SortedDictionary<string, string> variables)
    {
        if (variables.TryGetValue(NetworkVariable, out var network))
        {
            PodParts.Object(PodParts.Meta(pod), "labels")[NetworkLabel] = network;
        }

        var annotations = PodParts.Object(PodParts.Meta(pod), "annotations");
        annotations[InjectionStatus.Annotation] = InjectionStatus.Of(rendered, input.Revision).Write();
        foreach (var (name, value) in input.Config.InjectedAnnotations)
        {
            annotations[name] = value;
        }
    }

    private static JsonObject Normalise(JsonObject pod, string what, bool lenient)
    {
        try
        {
            return TypedJson.Normalise(PodSchema.Pod, pod, lenient);
        }
        catch (FormatException problem)
        {
            throw new InjectionException($"{what}: {problem.Message}", problem);
        }
    }
}
