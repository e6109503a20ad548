using System.Text.Json.Nodes;
using Lateen.Injection.Explain;
using Lateen.Injection.Yaml;

namespace Lateen.Conformance.Families.Injection;

/// <summary>Kind <c>check-inject</c> of the family istioctl: the verdict of every injection webhook on a pod.</summary>
internal static class CheckInjectCases
{
    public static CaseResult Run(ConformanceCase c)
    {
        var webhooks = c.Inputs["webhooks"]!.AsArray()
            .SelectMany(item => ConformanceCase.IsFile(item) ? YamlReader.ReadAll(c.Text(item)!) : [item])
            .OfType<JsonObject>();
        var verdicts = WebhookVerdict.Of(webhooks, c.Inputs["pod"]?["metadata"]?["labels"], c.Inputs["namespace"]?["metadata"]?["labels"]);
        var actual = new JsonArray([.. verdicts.Select(verdict => (JsonNode)new JsonObject
        {
            ["name"] = verdict.Webhook, ["revision"] = verdict.Revision, ["injected"] = verdict.Injected, ["reason"] = verdict.Reason,
        })]);
        var expected = c.Expected!["webhooks"]!.DeepClone().AsArray();
        foreach (var verdict in expected)
        {
            verdict!["injected"] ??= false;
        }

        return JsonDifference.First(expected, actual) is { } difference ? CaseResult.Failed(difference) : CaseResult.Passed;
    }
}
