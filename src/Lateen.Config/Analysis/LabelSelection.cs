using Lateen.Config.Decoding;
using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Config.Analysis;

/// <summary>Kubernetes' label selector (matchLabels and matchExpressions) as an object writes it.</summary>
internal static class LabelSelection
{
    /// <summary>Whether the labels are chosen; a selector that is not there chooses everything, one with an unknown operator nothing.</summary>
    public static bool Matches(ConfigNode? selector, EquatableMap<string, string> labels) => selector is null || Read(selector).Matches(labels);

    private static LabelSelector Read(ConfigNode selector) => new(
        selector.PairsAt("matchLabels"),
        selector.ItemsAt("matchExpressions")
            .Select(expression => new LabelRequirement(
                expression.TextAt("key"), expression.TextAt("operator"), expression.ItemsAt("values").Select(value => value.Text).ToEquatableArray()))
            .ToEquatableArray());
}
