using System.Globalization;
using Lateen.Config.Decoding;
using Lateen.Model;

namespace Lateen.Config.Analysis;

/// <summary>Fields of objects that have no record of their own, by their way from the root.</summary>
internal static class NodeFields
{
    /// <summary>The value at the end of a way of names; null where one is missing.</summary>
    public static ConfigNode? At(this ConfigNode? node, params ReadOnlySpan<string> way)
    {
        foreach (var name in way)
        {
            node = node?.Member(name);
        }

        return node;
    }

    /// <summary>The scalar there; empty for none.</summary>
    public static string TextAt(this ConfigNode? node, params ReadOnlySpan<string> way) => node.At(way)?.Text ?? "";

    public static int NumberAt(this ConfigNode? node, params ReadOnlySpan<string> way) =>
        int.TryParse(node.TextAt(way), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public static bool FlagAt(this ConfigNode? node, params ReadOnlySpan<string> way) => node.TextAt(way) == "true";

    /// <summary>The list's items; none where it is missing.</summary>
    public static IEnumerable<ConfigNode> ItemsAt(this ConfigNode? node, params ReadOnlySpan<string> way) => node.At(way)?.Items ?? [];

    /// <summary>Names and scalars of the object there: labels, annotations, a selector.</summary>
    public static EquatableMap<string, string> PairsAt(this ConfigNode? node, params ReadOnlySpan<string> way) =>
        node.At(way) is { Members: { IsEmpty: false } members }
            ? members.DistinctBy(member => member.Name).Select(member => KeyValuePair.Create(member.Name, member.Value.Text)).ToEquatableMap()
            : EquatableMap<string, string>.Empty;

    public static EquatableMap<string, string> Labels(this ConfigNode? node) => node.PairsAt("metadata", "labels");

    public static EquatableMap<string, string> Annotations(this ConfigNode? node) => node.PairsAt("metadata", "annotations");

    /// <summary>The line of the deepest field of the path (`spec.http[0].route[1]`) that is there; 0 when sources have no lines.</summary>
    public static int LineOf(this ConfigNode node, string fieldPath)
    {
        var line = 0;
        ConfigNode? at = node;
        foreach (var step in fieldPath.Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            if (step.EndsWith(']') && int.TryParse(step[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                at = at is { Items: var items } && index < items.Length ? items[index] : null;
                line = at?.Line is > 0 and var ofItem ? ofItem : line;
            }
            else
            {
                var member = at?.Members.FirstOrDefault(known => known.Name == step);
                line = member?.Line is > 0 and var ofName ? ofName : line;
                at = member?.Value;
            }

            if (at is null)
            {
                break;
            }
        }

        return line;
    }
}
