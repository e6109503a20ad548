using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Status;

/// <summary>A verdict as status of an Istio resource (IstioStatus: conditions, validationMessages, observedGeneration).</summary>
internal static class StatusDocument
{
    private const string Condition = "Reconciled";

    public static JsonObject Of(ResourceVerdict verdict, JsonNode? stored, DateTimeOffset now)
    {
        var status = verdict.IsReconciled ? "True" : "False";
        var before = ConditionOf(stored);
        return new JsonObject
        {
            ["observedGeneration"] = verdict.Generation,
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = Condition,
                ["status"] = status,
                ["reason"] = verdict.Reason,
                ["message"] = verdict.Message,
                ["lastTransitionTime"] = before is not null && before.Text("status") == status && before.Text("lastTransitionTime") is { Length: > 0 } since
                    ? since
                    : now.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            }),
            ["validationMessages"] = new JsonArray([.. verdict.AllMessages.Select(message => (JsonNode)new JsonObject
            {
                ["level"] = message.Level,
                ["type"] = new JsonObject { ["code"] = message.Code },
                ["message"] = message.Text,
            })]),
        };
    }

    /// <summary>Whether a stored status says the same already.</summary>
    public static bool IsSame(JsonNode? stored, ResourceVerdict verdict) =>
        ConditionOf(stored) is { } condition
        && stored.Number("observedGeneration") == verdict.Generation
        && condition.Text("status") == (verdict.IsReconciled ? "True" : "False")
        && condition.Text("reason") == verdict.Reason
        && condition.Text("message") == verdict.Message;

    private static JsonObject? ConditionOf(JsonNode? stored) =>
        stored.Items("conditions").FirstOrDefault(candidate => candidate.Text("type") == Condition);
}
