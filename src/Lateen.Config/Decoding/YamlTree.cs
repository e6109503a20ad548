using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lateen.Config.Decoding;

/// <summary>YAML text (several documents; JSON is a subset) to <see cref="ConfigNode"/> trees with line numbers.</summary>
/// <remarks>
/// Plain scalars are resolved as kubectl does (YAML 1.1: yes/no/on/off are booleans, 0644 is octal). Anchors, aliases and
/// merge keys work; a repeated key is an error. Depth and alias expansion are bounded: a hostile file costs an error.
/// </remarks>
public static class YamlTree
{
    private const int MaxDepth = 200;
    private const long MaxNodes = 2_000_000;

    /// <summary>Reads every document of the text, empty ones left out. A syntax error ends the reading and is reported with its line.</summary>
    /// <param name="file">How the text is called in problems; null for text without a file.</param>
    public static ImmutableArray<ConfigNode> Read(string text, string? file, ICollection<ConfigProblem> problems)
    {
        var documents = ImmutableArray.CreateBuilder<ConfigNode>();
        var parser = new Parser(new StringReader(text));
        try
        {
            while (parser.MoveNext())
            {
                if (parser.Current is DocumentStart)
                {
                    parser.MoveNext();
                    var document = new DocumentBuilder(parser).Build(0);
                    if (document.Kind != ConfigNodeKind.Null)
                    {
                        documents.Add(document);
                    }
                }
            }
        }
        catch (YamlException exception)
        {
            problems.Add(Unreadable(exception.Message, file, (int)exception.Start.Line));
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // The scanner gives up with these on some inputs (an unclosed flow list followed by a key).
            problems.Add(Unreadable("an unclosed bracket or quote", file, (int)(parser.Current?.End.Line ?? 1)));
        }

        return documents.ToImmutable();
    }

    private static ConfigProblem Unreadable(string why, string? file, int line) => ConfigProblem.Error(
        "IST0106",
        $"not readable as YAML: {why}",
        new ConfigLocation(null, "", file, line),
        "correct the syntax at this line (indentation, a missing colon or quote)");

    private sealed class DocumentBuilder(Parser parser)
    {
        private readonly Dictionary<string, ConfigNode> _anchors = [];
        private long _nodes;

        /// <summary>Reads the node at the parser's current event; leaves the parser on the node's last event.</summary>
        public ConfigNode Build(int depth)
        {
            var current = parser.Current!;
            if (depth > MaxDepth)
            {
                throw new YamlException(current.Start, current.End, $"nested deeper than {MaxDepth} levels");
            }

            Count(current, 1);
            switch (current)
            {
                case AnchorAlias alias:
                    if (!_anchors.TryGetValue(alias.Value.Value, out var shared))
                    {
                        throw new YamlException(current.Start, current.End, $"alias *{alias.Value.Value} has no anchor before it");
                    }

                    Count(current, shared.Size);
                    return shared;
                case Scalar scalar:
                    return Remember(scalar.Anchor, YamlScalar.Resolve(scalar));
                case SequenceStart start:
                    var items = ImmutableArray.CreateBuilder<ConfigNode>();
                    while (Next() is not SequenceEnd)
                    {
                        items.Add(Build(depth + 1));
                    }

                    return Remember(start.Anchor, ConfigNode.List(items.ToImmutable(), (int)start.Start.Line));
                case MappingStart start:
                    return Remember(start.Anchor, BuildObject(start, depth));
                default:
                    throw new YamlException(current.Start, current.End, "a value was expected here");
            }
        }

        private ConfigNode BuildObject(MappingStart start, int depth)
        {
            var members = ImmutableArray.CreateBuilder<ConfigMember>();
            var merged = new List<ConfigMember>();
            var names = new HashSet<string>();
            while (Next() is not MappingEnd)
            {
                if (parser.Current is not Scalar key)
                {
                    throw new YamlException(parser.Current!.Start, parser.Current.End, "a field name must be plain text");
                }

                Next();
                var value = Build(depth + 1);
                if (key is { Value: "<<", IsPlainImplicit: true })
                {
                    foreach (var source in value.Kind == ConfigNodeKind.List ? value.Items : [value])
                    {
                        merged.AddRange(source.Members);
                    }

                    continue;
                }

                if (!names.Add(key.Value))
                {
                    throw new YamlException(key.Start, key.End, $"field \"{key.Value}\" is given twice");
                }

                members.Add(new ConfigMember(key.Value, value, (int)key.Start.Line));
            }

            foreach (var member in merged)
            {
                if (names.Add(member.Name))
                {
                    members.Add(member);
                }
            }

            return ConfigNode.Mapping(members.ToImmutable(), (int)start.Start.Line);
        }

        private ParsingEvent Next() =>
            parser.MoveNext() ? parser.Current! : throw new YamlException("the document ends too early");

        private void Count(ParsingEvent at, long nodes)
        {
            _nodes += nodes;
            if (_nodes > MaxNodes)
            {
                throw new YamlException(at.Start, at.End, $"the document has more than {MaxNodes} values");
            }
        }

        private ConfigNode Remember(AnchorName anchor, ConfigNode node)
        {
            if (!anchor.IsEmpty)
            {
                _anchors[anchor.Value] = node;
            }

            return node;
        }
    }
}
