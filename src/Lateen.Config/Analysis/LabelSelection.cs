using Lateen.Config.Decoding;
using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>Kubernetes' label selector (matchLabels and matchExpressions) as an object writes it.</summary>
internal static class LabelSelection
{
    /// <summary>Whether the labels are chosen; a selector that is not there chooses everything, one with an unknown operator nothing.</summary>
    public static bool Matches(ConfigNode? selector, EquatableMap<string, string> labels) =>
        selector is null
        || (LabelsMatch.IsSubset(selector.PairsAt("matchLabels"), labels)
            && selector.ItemsAt("matchExpressions").All(expression => Holds(expression, labels)));

    private static bool Holds(ConfigNode expression, EquatableMap<string, string> labels)
    {
        var value = labels.Find(expression.TextAt("key"));
        bool Listed() => expression.ItemsAt("values").Any(known => known.Text == value);
        return expression.TextAt("operator") switch
        {
            "In" => value is not null && Listed(),
            "NotIn" => value is null || !Listed(),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
