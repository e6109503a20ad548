using Lateen.Model;
using Lateen.Model.Mesh;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads Kubernetes' LabelSelector (matchLabels and matchExpressions).</summary>
internal static class LabelSelectorDecoder
{
    private static readonly string[] Operators = ["In", "NotIn", "Exists", "DoesNotExist"];

    public static LabelSelector Read(ObjectReader selector) => new(
        selector["matchLabels"].Labels().ToEquatableMap(),
        selector["matchExpressions"].Messages(ReadRequirement));

    private static LabelRequirement ReadRequirement(ObjectReader requirement)
    {
        var name = requirement["operator"].Text() ?? "";
        if (!Operators.Contains(name))
        {
            requirement["operator"].Problem($"\"{name}\" is no operator", $"use one of {string.Join(", ", Operators)}");
        }

        return new LabelRequirement(requirement["key"].Text() ?? "", name, requirement["values"].Texts());
    }
}
