using System.Collections.Immutable;

namespace Lateen.Config.Decoding;

/// <summary>One value of a configuration document, read from YAML or JSON, with the line where it stands.</summary>
/// <remarks>
/// Both syntaxes end in this one tree, so that a decoder never asks where an object came from. Immutable; a YAML alias
/// shares its anchor's node. <see cref="Line"/> is 1-based, 0 where the source has no lines (an API server's answer).
/// </remarks>
public sealed class ConfigNode
{
    private ConfigNode(
        ConfigNodeKind kind, int line, string text, ImmutableArray<ConfigNode> items, ImmutableArray<ConfigMember> members)
    {
        Kind = kind;
        Line = line;
        Text = text;
        Items = items;
        Members = members;
        var size = 1L;
        foreach (var item in items)
        {
            size += item.Size;
        }

        foreach (var member in members)
        {
            size += member.Value.Size;
        }

        Size = size;
    }

    public ConfigNodeKind Kind { get; }

    public int Line { get; }

    /// <summary>The scalar as written ("true", "10", "10s"); empty for null, lists and objects.</summary>
    public string Text { get; }

    public ImmutableArray<ConfigNode> Items { get; }

    public ImmutableArray<ConfigMember> Members { get; }

    /// <summary>Nodes of this subtree, shared ones counted each time they are reached: bounds alias bombs.</summary>
    public long Size { get; }

    public static ConfigNode Null(int line) => new(ConfigNodeKind.Null, line, "", [], []);

    public static ConfigNode Scalar(ConfigNodeKind kind, string text, int line) => new(kind, line, text, [], []);

    public static ConfigNode List(ImmutableArray<ConfigNode> items, int line) => new(ConfigNodeKind.List, line, "", items, []);

    public static ConfigNode Mapping(ImmutableArray<ConfigMember> members, int line) =>
        new(ConfigNodeKind.Mapping, line, "", [], members);

    /// <summary>The member of that name, or null when this is no object or has none.</summary>
    public ConfigNode? Member(string name)
    {
        foreach (var member in Members)
        {
            if (member.Name == name)
            {
                return member.Value;
            }
        }

        return null;
    }
}
