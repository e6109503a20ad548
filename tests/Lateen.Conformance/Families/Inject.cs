using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Conformance.Families.Injection;
using Lateen.Injection;
using Lateen.Injection.Config;
using Lateen.Injection.Files;
using Lateen.Injection.Pods;
using Lateen.Injection.Yaml;

namespace Lateen.Conformance.Families;

/// <summary>Sidecar injection: whole manifests against goldens, custom templates, multus networks, kube-inject.</summary>
/// <remarks>
/// The template is the one that this project ships; the corpus gives values and mesh configuration. What is normalised, on both sides:
/// sidecar.istio.io/status is left out, JSON inside PROXY_CONFIG, ISTIO_KUBE_APP_PROBERS and annotations is compared as JSON.
/// </remarks>
public sealed class Inject : IConformanceFamily
{
    private const string Status = "sidecar.istio.io/status";

    public string Name => "inject";

    public CaseResult Run(ConformanceCase conformanceCase) => conformanceCase.Kind switch
    {
        "templates" => RunTemplates(conformanceCase),
        "multus" => RunMultus(conformanceCase),
        "cli" => RunCommand(conformanceCase),
        _ => RunManifest(conformanceCase),
    };

    private static CaseResult RunManifest(ConformanceCase c)
    {
        var workload = c.Text(c.Inputs["workload"])!;
        var config = Config(c, c.Text(c.Inputs["values"])!);
        var mesh = Mesh(c);
        var revision = (string?)c.Settings["revision"] ?? "";
        string injected;
        try
        {
            injected = new ManifestInjector(config, mesh, revision, _ => { }).Inject(workload);
        }
        catch (InjectionException problem)
        {
            return CompareError(c, problem.Message);
        }

        if (c.Expected?["errorContains"] is not null)
        {
            return CaseResult.Failed("an error was expected, and the manifest was injected");
        }

        var expected = YamlReader.ReadAll(c.Text(c.Expected!["injected"])!);
        if (Compare(expected, YamlReader.ReadAll(injected)) is { } difference)
        {
            return CaseResult.Failed(difference);
        }

        return (bool?)c.Settings["webhook"] == true ? CompareWebhook(workload, expected, config, mesh, revision) : CaseResult.Passed;
    }

    // The mutating webhook sees a pod with its controller, and must give the pod that stands in the golden's template.
    private static CaseResult CompareWebhook(
        string workload, List<JsonNode?> expected, InjectorConfig config, MeshSettings mesh, string revision)
    {
        var inputs = YamlReader.ReadAll(workload).OfType<JsonObject>().SelectMany(PodsOf).ToList();
        var goldens = expected.OfType<JsonObject>().SelectMany(PodsOf).ToList();
        for (var i = 0; i < inputs.Count; i++)
        {
            if (WebhookCall.Run(inputs[i], config, mesh, revision) is var answer && answer.Error is { } error)
            {
                return CaseResult.Failed($"webhook: {error}");
            }

            if (JsonDifference.First(Normal(WebhookCall.Typed(goldens[i])), Normal(answer.Pod!), "webhook") is { } difference)
            {
                return CaseResult.Failed(difference);
            }
        }

        return CaseResult.Passed;
    }

    private static IEnumerable<JsonObject> PodsOf(JsonObject document)
    {
        if ((string?)document["kind"] == "List")
        {
            return document["items"]!.AsArray().OfType<JsonObject>().SelectMany(PodsOf);
        }

        var source = (string?)document["kind"] == "Pod" ? document : document["spec"]?["template"] as JsonObject;
        if (source?["spec"] is not JsonObject spec || spec["containers"] is null)
        {
            return [];
        }

        var pod = new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = source["metadata"]?.DeepClone() ?? new JsonObject(), ["spec"] = spec.DeepClone(),
        };
        if (!ReferenceEquals(source, document))
        {
            pod["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = document["apiVersion"]?.DeepClone(),
                ["kind"] = document["kind"]?.DeepClone(),
                ["name"] = document["metadata"]?["name"]?.DeepClone(),
                ["uid"] = "uid-1",
                ["controller"] = true,
            });
        }

        pod["metadata"]!["namespace"] = (document["metadata"]?["namespace"] ?? pod["metadata"]!["namespace"])?.DeepClone() ?? "default";
        return [pod];
    }

    private static CaseResult CompareError(ConformanceCase c, string message)
    {
        if ((string?)c.Expected?["errorContains"] is not { } wanted)
        {
            return CaseResult.Failed($"not injected: {message}");
        }

        var comparison = (bool?)c.Expected["errorCaseInsensitive"] == true ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return message.Contains(wanted, comparison)
            ? CaseResult.Passed
            : CaseResult.Failed($"the error should contain \"{wanted}\" and is: {message}");
    }

    private static CaseResult RunTemplates(ConformanceCase c)
    {
        var templates = new JsonObject(c.Inputs["templates"]!.AsObject().Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)c.Text(entry.Value))));
        var text = new JsonObject
        {
            ["policy"] = "enabled",
            ["templates"] = templates,
            ["aliases"] = c.Settings["aliases"]?.DeepClone() ?? new JsonObject(),
            ["defaultTemplates"] = c.Settings["defaultTemplates"]?.DeepClone() ?? new JsonArray(),
        };
        // The reference's harness of these cases has a mesh without any default.
        var mesh = MeshSettings.Exactly(c.Settings["meshConfig"] as JsonObject ?? new JsonObject { ["enablePrometheusMerge"] = true });
        var config = InjectorConfig.Parse(text.ToJsonString(), c.Text(c.Settings["values"]) ?? "{}");
        var pod = (JsonObject)YamlReader.ReadAll(c.Text(c.Inputs["pod"])!)[0]!;
        try
        {
            var result = Injector.Inject(new InjectionInput(pod, WorkloadIdentity.OfPod(pod, "default"), config, mesh));
            var golden = (JsonObject)YamlReader.ReadAll(c.Text(c.Expected!["pod"])!)[0]!;
            return JsonDifference.First(Normal(WebhookCall.Typed(golden)), Normal(result.After)) is { } difference
                ? CaseResult.Failed(difference)
                : CaseResult.Passed;
        }
        catch (InjectionException problem)
        {
            return CompareError(c, problem.Message);
        }
    }

    private static CaseResult RunMultus(ConformanceCase c)
    {
        var config = InjectorConfig.Parse(
            """
            policy: enabled
            templates:
              sidecar: |-
                metadata:
                  annotations:
                    k8s.v1.cni.cncf.io/networks: {{ appendMultusNetwork (index .ObjectMeta.Annotations "k8s.v1.cni.cncf.io/networks") "istio-cni" | quote }}
            """, "{}");
        var annotations = (string?)c.Inputs["annotation"] is { } given ? new JsonObject { ["k8s.v1.cni.cncf.io/networks"] = given } : [];
        var pod = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations }, ["spec"] = new JsonObject() };
        var result = Injector.Inject(new InjectionInput(pod, WorkloadIdentity.OfPod(pod, "default"), config, MeshSettings.Default));
        var actual = (string?)result.After["metadata"]?["annotations"]?["k8s.v1.cni.cncf.io/networks"];
        var expected = (string?)c.Expected?["annotation"];
        return actual == expected ? CaseResult.Passed : CaseResult.Failed($"expected {expected}, found {actual}");
    }

    private static CaseResult RunCommand(ConformanceCase c)
    {
        var arguments = c.Settings["args"]!.AsArray().Select(argument => (string)argument!).ToList();
        var files = c.Inputs.ToDictionary(entry => entry.Key, entry => c.Text(entry.Value)!, StringComparer.Ordinal);
        var run = KubeInjectRun.Execute(arguments, files);
        if ((bool?)c.Expected?["fails"] == true)
        {
            return run.Error is not null ? CaseResult.Passed : CaseResult.Failed("a failure was expected, and it succeeded");
        }

        if (run.Error is not null)
        {
            return CaseResult.Failed(run.Error);
        }

        return Compare(YamlReader.ReadAll(c.Text(c.Expected!["output"])!), YamlReader.ReadAll(run.Output!)) is { } difference
            ? CaseResult.Failed(difference)
            : CaseResult.Passed;
    }

    private static InjectorConfig Config(ConformanceCase c, string values)
    {
        var webhook = JsonNode.Parse(values)!["sidecarInjectorWebhook"] as JsonObject ?? [];
        var text = (JsonObject)YamlReader.ReadAll(ShippedManifests.InjectorTexts.Config)[0]!;
        foreach (var (name, template) in webhook["templates"] as JsonObject ?? [])
        {
            text["templates"]![name] = template?.DeepClone();
        }

        foreach (var name in new[] { "defaultTemplates", "alwaysInjectSelector", "neverInjectSelector", "injectedAnnotations", "aliases" })
        {
            if (webhook[name] is JsonArray { Count: > 0 } or JsonObject { Count: > 0 })
            {
                text[name] = webhook[name]!.DeepClone();
            }
        }

        var environment = (c.Settings["injectorEnv"] as JsonObject ?? [])
            .ToDictionary(entry => entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal);
        return InjectorConfig.Parse(text.ToJsonString(), values, environment);
    }

    private static MeshSettings Mesh(ConformanceCase c)
    {
        var mesh = (JsonObject)YamlReader.ReadAll(c.Text(c.Inputs["meshConfig"]) ?? "{}")[0]!;
        foreach (var (name, value) in c.Settings["meshConfigOverride"] as JsonObject ?? [])
        {
            if (value is JsonObject fields && mesh[name] is JsonObject target)
            {
                foreach (var (field, setting) in fields)
                {
                    target[field] = setting?.DeepClone();
                }
            }
            else
            {
                mesh[name] = value?.DeepClone();
            }
        }

        return MeshSettings.FromJson(mesh);
    }

    private static string? Compare(List<JsonNode?> expected, List<JsonNode?> actual)
    {
        var left = expected.Where(document => document is not null).ToList();
        var right = actual.Where(document => document is not null).ToList();
        return left.Count != right.Count
            ? $"expected {left.Count} documents, found {right.Count}"
            : left.Zip(right).Select((pair, i) => JsonDifference.First(Normal(pair.First!), Normal(pair.Second!), $"$[{i}]")).FirstOrDefault(d => d is not null);
    }

    private static JsonNode Normal(JsonNode document)
    {
        var copy = document.DeepClone();
        Walk(copy);
        return copy;
    }

    private static void Walk(JsonNode? node)
    {
        if (node is JsonObject map)
        {
            map.Remove(Status);
            map.Remove("ownerReferences");
            var isJsonVariable = map["name"] is JsonValue name && name.GetValueKind() == JsonValueKind.String
                && (string)name! is "PROXY_CONFIG" or "ISTIO_KUBE_APP_PROBERS" or "ISTIO_PROMETHEUS_ANNOTATIONS";
            foreach (var (key, value) in map.ToList())
            {
                var parsed = value is JsonValue text && (key.Contains(".istio.io/", StringComparison.Ordinal) || (isJsonVariable && key == "value"))
                    ? TryParse(text)
                    : null;
                if (parsed is not null)
                {
                    map[key] = parsed;
                }
                else
                {
                    Walk(value);
                }
            }
        }
        else if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Walk(item);
            }
        }
    }

    private static JsonNode? TryParse(JsonValue value)
    {
        try
        {
            return value.GetValueKind() == JsonValueKind.String && ((string)value!).TrimStart().StartsWith('{') ? JsonNode.Parse((string)value!) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
