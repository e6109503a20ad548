using Lateen.Config.Decoding;
using Lateen.Config.Sources.Files;
using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>IST0139: two injection webhooks choose one pod, or one calls a Service that does not exist.</summary>
internal sealed class WebhookAnalyzer : IAnalyzer
{
    private static readonly string?[] Injection = [null, "enabled", "disabled"];
    private static readonly string?[] Inject = [null, "true", "false"];

    public string Name => "webhook.Analyzer";

    public string Description => "Checks the validity of Istio webhooks";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var hooks = mesh.OfKind("MutatingWebhookConfiguration")
            .Where(IsInjector)
            .SelectMany(document => document.Node.ItemsAt("webhooks").Select(node => new Hook(document, node)))
            .ToList();
        return Overlaps(hooks).Concat(MissingServices(mesh, hooks)).DistinctBy(problem => (problem.Where.Resource, problem.What));
    }

    private static bool IsInjector(ConfigDocument document) =>
        document.Node.ItemsAt("webhooks").Any(hook => hook.TextAt("name").EndsWith("istio.io", StringComparison.Ordinal) || Revisions(hook).Any())
        || document.Node.Labels().ContainsKey(MeshMembership.RevisionLabel);

    // Each labelling of namespace and pod that matters may be chosen by one webhook at most.
    private static IEnumerable<ConfigProblem> Overlaps(List<Hook> hooks)
    {
        string?[] revisions =
        [
            null,
            .. hooks.SelectMany(hook => Revisions(hook.Node))
                .Concat(hooks.Select(hook => hook.Document.Node.Labels().Find(MeshMembership.RevisionLabel)).OfType<string>())
                .Distinct(),
        ];
        foreach (var ns in Labels(MeshMembership.InjectionLabel, Injection, revisions))
        {
            foreach (var pod in Labels(MeshMembership.InjectKey, Inject, revisions))
            {
                var chosen = hooks
                    .Where(hook => LabelSelection.Matches(hook.Node.Member("namespaceSelector"), ns) && LabelSelection.Matches(hook.Node.Member("objectSelector"), pod))
                    .ToList();
                foreach (var hook in chosen.Count > 1 ? chosen : [])
                {
                    var others = chosen.Where(other => other != hook).Select(other => other.FullName);
                    yield return ConfigProblem.Error(
                        "IST0139",
                        $"Webhook overlaps with others: {GoText.List(others)}. This may cause injection to occur twice.",
                        AnalyzedMesh.At(hook.Document));
                }
            }
        }
    }

    private static IEnumerable<ConfigProblem> MissingServices(AnalyzedMesh mesh, List<Hook> hooks)
    {
        foreach (var hook in hooks)
        {
            if (hook.Node.At("clientConfig", "service") is { } service
                && mesh.Find("Service", service.TextAt("namespace"), service.TextAt("name")) is null)
            {
                yield return ConfigProblem.Error(
                    "IST0139",
                    $"Injector refers to a control plane service that does not exist: {service.TextAt("namespace")}/{service.TextAt("name")}.",
                    AnalyzedMesh.At(hook.Document));
            }
        }
    }

    private static IEnumerable<EquatableMap<string, string>> Labels(string key, string?[] values, string?[] revisions) =>
        from revision in revisions
        from value in values
        select new (string Key, string? Value)[] { (key, value), (MeshMembership.RevisionLabel, revision) }
            .Where(pair => pair.Value is not null)
            .Select(pair => KeyValuePair.Create(pair.Key, pair.Value!))
            .ToEquatableMap();

    private static IEnumerable<string> Revisions(ConfigNode hook) =>
        new[] { hook.Member("namespaceSelector"), hook.Member("objectSelector") }.SelectMany(selector =>
            selector.PairsAt("matchLabels").Where(pair => pair.Key == MeshMembership.RevisionLabel).Select(pair => pair.Value)
                .Concat(selector.ItemsAt("matchExpressions")
                    .Where(expression => expression.TextAt("key") == MeshMembership.RevisionLabel)
                    .SelectMany(expression => expression.ItemsAt("values").Select(value => value.Text))));

    private sealed record Hook(ConfigDocument Document, ConfigNode Node)
    {
        public string FullName => $"{Document.Resource.Name}/{Node.TextAt("name")}";
    }
}
