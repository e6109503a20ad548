using System.Text.Json;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Admission;

/// <summary>metav1.LabelSelector: matchLabels and matchExpressions, all of which have to hold.</summary>
internal static class LabelSelectors
{
    /// <param name="selector">Undefined or empty matches everything.</param>
    /// <param name="labels">An object of strings, or Undefined for none.</param>
    public static bool Matches(JsonElement selector, JsonElement labels) =>
        selector.Fields("matchLabels").All(l => labels.Text(l.Name) == l.Value.GetString())
        && selector.Items("matchExpressions").All(e => Holds(e, labels));

    private static bool Holds(JsonElement expression, JsonElement labels)
    {
        var value = expression.Text("key") is { } key ? labels.Text(key) : null;
        var values = expression.Items("values").Select(v => v.GetString());
        return expression.Text("operator") switch
        {
            "In" => value is not null && values.Contains(value),
            "NotIn" => value is null || !values.Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
