using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Whether labels match (Kubernetes documentation, "Labels and Selectors").</summary>
internal static class LabelSelector
{
    /// <summary>A <c>meta/v1 LabelSelector</c>: matchLabels and matchExpressions, all of them.</summary>
    public static bool Matches(JsonObject? selector, JsonObject? labels) =>
        selector is not null
        && selector.Pairs("matchLabels").All(pair => labels.Text(pair.Key) == pair.Value && labels?.ContainsKey(pair.Key) == true)
        && selector.Items("matchExpressions").All(expression => Holds(expression, labels));

    /// <summary>A plain map, as services have it; an empty one selects nothing.</summary>
    public static bool MatchesMap(JsonObject? selector, JsonObject? labels) =>
        selector is { Count: > 0 } && selector.All(pair => labels?[pair.Key] is { } value && value.Text() == pair.Value.Text());

    private static bool Holds(JsonObject expression, JsonObject? labels)
    {
        string? value = labels?[expression.Text("key")]?.Text();
        return expression.Text("operator") switch
        {
            "In" => value is not null && expression.Texts("values").Contains(value),
            "NotIn" => value is null || !expression.Texts("values").Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
