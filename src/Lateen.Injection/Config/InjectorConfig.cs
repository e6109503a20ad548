using System.Collections.Frozen;
using System.Text.Json.Nodes;
using Lateen.Injection.Functions;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;
using Lateen.Injection.Yaml;

namespace Lateen.Injection.Config;

/// <summary>What the ConfigMap istio-sidecar-injector says, parsed once: templates ready to run, policy, values.</summary>
/// <remarks>Immutable and safe to share; a new text makes a new instance.</remarks>
public sealed class InjectorConfig
{
    // An old injector reads this key; a text that stands there makes it fail rather than half-inject. Only read when no templates are given.
    private const string SingleTemplate = "template";

    private InjectorConfig(JsonObject config, JsonObject values, IReadOnlyDictionary<string, string> environment)
    {
        RewritesTcpProbes = AnnotationRules.ParseBool(environment.GetValueOrDefault("REWRITE_TCP_PROBES")) ?? true;
        Values = values;
        ValuesView = GoValue.FromJson(values);
        DefaultTemplates = Names(config["defaultTemplates"]) is { Count: > 0 } names ? names : ["sidecar"];
        Aliases = (config["aliases"] as JsonObject ?? []).ToFrozenDictionary(entry => entry.Key, entry => Names(entry.Value), StringComparer.Ordinal);
        Policy = new InjectionPolicy(
            PodParts.Text(config["policy"]) ?? "enabled", Selectors(config["alwaysInjectSelector"]), Selectors(config["neverInjectSelector"]));
        InjectedAnnotations = (config["injectedAnnotations"] as JsonObject ?? [])
            .ToFrozenDictionary(entry => entry.Key, entry => PodParts.Text(entry.Value) ?? entry.Value?.ToJsonString() ?? "", StringComparer.Ordinal);
        TemplateTexts = Texts(config);
        Templates = Compile(TemplateTexts, InjectionFunctions.Table(environment));
    }

    public InjectionPolicy Policy { get; }

    /// <summary>The names of the templates, in no fixed order.</summary>
    public IReadOnlyCollection<string> TemplateNames => Templates.Keys;

    /// <summary>The templates as they were written, by name.</summary>
    public IReadOnlyDictionary<string, string> TemplateTexts { get; }

    /// <summary>The control plane's setting REWRITE_TCP_PROBES.</summary>
    internal bool RewritesTcpProbes { get; }

    internal JsonObject Values { get; }

    internal object? ValuesView { get; }

    internal IReadOnlyList<string> DefaultTemplates { get; }

    internal FrozenDictionary<string, IReadOnlyList<string>> Aliases { get; }

    internal FrozenDictionary<string, string> InjectedAnnotations { get; }

    internal FrozenDictionary<string, GoTemplateText> Templates { get; }

    /// <summary>Reads the two keys of the ConfigMap.</summary>
    /// <param name="config">Key <c>config</c>, YAML: templates, defaultTemplates, aliases, policy, selectors. Also a bare template.</param>
    /// <param name="values">Key <c>values</c>, JSON or YAML.</param>
    /// <param name="environment">Settings of the control plane: what the template function <c>env</c> may read, REWRITE_TCP_PROBES; by default nothing.</param>
    /// <exception cref="FormatException">One of the texts is not YAML or not an object.</exception>
    /// <exception cref="TemplateException">A template does not parse; all others are as they were before the change.</exception>
    public static InjectorConfig Parse(string config, string values, IReadOnlyDictionary<string, string>? environment = null) => new(
        ReadConfig(config),
        ReadObject(values, "values"),
        environment ?? FrozenDictionary<string, string>.Empty);

    // `kube-inject` also takes a file that is nothing but the sidecar's template.
    private static JsonObject ReadConfig(string text)
    {
        JsonNode? node = null;
        try
        {
            node = YamlReader.Read(text);
        }
        catch (FormatException) when (text.Contains("{{", StringComparison.Ordinal) && !text.Contains("templates:", StringComparison.Ordinal))
        {
        }

        return node is JsonObject config && (config.ContainsKey("templates") || config.ContainsKey(SingleTemplate) || config.ContainsKey("policy"))
            ? config
            : text.Contains("spec:", StringComparison.Ordinal)
                ? new JsonObject { ["templates"] = new JsonObject { ["sidecar"] = text } }
                : node as JsonObject ?? throw new FormatException("injection configuration: an object with \"templates\" is wanted");
    }

    private static JsonObject ReadObject(string text, string what)
    {
        try
        {
            return YamlReader.Read(text) switch
            {
                null => [],
                JsonObject map => map,
                _ => throw new FormatException("an object is wanted"),
            };
        }
        catch (FormatException problem)
        {
            throw new FormatException($"injection {what}: {problem.Message}", problem);
        }
    }

    private static FrozenDictionary<string, string> Texts(JsonObject config)
    {
        var texts = config["templates"] switch
        {
            JsonObject templates => templates,
            JsonValue nested => YamlReader.Read(PodParts.Text(nested) ?? "") as JsonObject ?? [],
            _ => PodParts.Text(config[SingleTemplate]) is { } single ? new JsonObject { ["sidecar"] = single } : [],
        };
        return texts.ToFrozenDictionary(entry => entry.Key, entry => PodParts.Text(entry.Value) ?? "", StringComparer.Ordinal);
    }

    private static FrozenDictionary<string, GoTemplateText> Compile(IReadOnlyDictionary<string, string> texts, FunctionTable functions) =>
        texts.ToFrozenDictionary(entry => entry.Key, entry => GoTemplateText.Parse(entry.Key, entry.Value, functions), StringComparer.Ordinal);

    private static IReadOnlyList<string> Names(JsonNode? list) => [.. (list as JsonArray ?? []).Select(PodParts.Text).OfType<string>()];

    private static IReadOnlyList<JsonObject> Selectors(JsonNode? list) => [.. (list as JsonArray ?? []).OfType<JsonObject>()];
}
