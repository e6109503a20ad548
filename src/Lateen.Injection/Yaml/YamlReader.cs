using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lateen.Injection.Yaml;

/// <summary>Reads YAML as Kubernetes' tools read it: into JSON, with YAML 1.1's words for true and false.</summary>
/// <remarks>Depth, aliases and the number of nodes are bounded, so that a small text cannot become a large tree.</remarks>
public sealed partial class YamlReader
{
    private const int MaxDepth = 100;
    private const int MaxNodes = 1_000_000;
    private readonly Parser _parser;
    private readonly Dictionary<string, JsonNode?> _anchors = new(StringComparer.Ordinal);
    private int _nodes;

    private YamlReader(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>The only document; null when the text is empty.</summary>
    /// <exception cref="FormatException">Not YAML, or beyond the bounds; the message gives line and column.</exception>
    public static JsonNode? Read(string text) => ReadAll(text).FirstOrDefault();

    /// <summary>Every document of the text, in order.</summary>
    /// <exception cref="FormatException">As in <see cref="Read"/>.</exception>
    public static List<JsonNode?> ReadAll(string text)
    {
        try
        {
            return new YamlReader(text).ReadDocuments();
        }
        catch (YamlException problem)
        {
            throw new FormatException(string.Create(
                CultureInfo.InvariantCulture, $"YAML line {problem.Start.Line}, column {problem.Start.Column}: {problem.Message}"));
        }
    }

    private List<JsonNode?> ReadDocuments()
    {
        var documents = new List<JsonNode?>();
        _parser.Consume<StreamStart>();
        while (!_parser.TryConsume<StreamEnd>(out _))
        {
            _parser.Consume<DocumentStart>();
            documents.Add(ReadNode(0));
            _parser.Consume<DocumentEnd>();
            _anchors.Clear();
        }

        return documents;
    }

    private JsonNode? ReadNode(int depth)
    {
        if (depth > MaxDepth)
        {
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"nested deeper than {MaxDepth} levels");
        }

        Count(1);
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return ReadAlias(alias);
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            return Keep(scalar.Anchor, Resolve(scalar));
        }

        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            var list = new JsonArray();
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(ReadNode(depth + 1));
            }

            return Keep(sequence.Anchor, list);
        }

        return ReadMapping(_parser.Consume<MappingStart>(), depth);
    }

    private JsonObject ReadMapping(MappingStart start, int depth)
    {
        var map = new JsonObject();
        var merged = new List<JsonNode?>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = _parser.Consume<Scalar>();
            var value = ReadNode(depth + 1);
            if (key.Value == "<<" && key.Style == ScalarStyle.Plain)
            {
                merged.Add(value);
            }
            else
            {
                // As Kubernetes' own reader: of a key that is given twice the last one counts.
                map[key.Value] = value;
            }
        }

        foreach (var source in merged.SelectMany(node => node is JsonArray list ? list.ToList() : [node]).OfType<JsonObject>())
        {
            foreach (var (key, value) in source)
            {
                map.TryAdd(key, value?.DeepClone());
            }
        }

        return (JsonObject)Keep(start.Anchor, map)!;
    }

    private JsonNode? ReadAlias(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            throw new YamlException(alias.Start, alias.End, $"unknown alias *{alias.Value.Value}");
        }

        Count(Size(node));
        return node?.DeepClone();
    }

    private JsonNode? Keep(AnchorName anchor, JsonNode? node)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node?.DeepClone();
        }

        return node;
    }

    private void Count(int nodes)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
        {
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"more than {MaxNodes} nodes");
        }
    }

    private static int Size(JsonNode? node) => node switch
    {
        JsonObject map => 1 + map.Sum(entry => Size(entry.Value)),
        JsonArray list => 1 + list.Sum(Size),
        _ => 1,
    };

    private static JsonNode? Resolve(Scalar scalar)
    {
        return scalar.Style != ScalarStyle.Plain || scalar.Tag == "tag:yaml.org,2002:str" ? scalar.Value : ResolvePlain(scalar.Value);
    }

    /// <summary>The value that a text without quotes has (YAML 1.1: null, bool, int, float, else the text).</summary>
    public static JsonNode? ResolvePlain(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return true;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return false;
        }

        var first = text[0];
        if (!char.IsAsciiDigit(first) && first is not ('-' or '+' or '.'))
        {
            return text;
        }

        return TryReadWhole(text, out var whole)
            ? whole
            : Real().IsMatch(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                ? real
                : text;
    }

    // YAML 1.1, "Integer Language-Independent Type": 0x, 0b and 0o or a leading 0 (file modes are written so) say the base.
    private static bool TryReadWhole(string text, out long whole)
    {
        var match = Integer().Match(text);
        whole = 0;
        if (!match.Success)
        {
            return false;
        }

        var digits = match.Groups["digits"].Value;
        var radix = match.Groups["base"].Value switch { "0x" => 16, "0b" => 2, "0o" or "0" => 8, _ => 10 };
        foreach (var digit in digits)
        {
            var value = Convert.ToInt32(digit.ToString(), 16);
            if (value >= radix || whole > (long.MaxValue - value) / radix)
            {
                return false;
            }

            whole = (whole * radix) + value;
        }

        whole = match.Groups["sign"].Value == "-" ? -whole : whole;
        return true;
    }

    [GeneratedRegex("^(?<sign>[-+]?)(?<base>0x|0b|0o|0(?=[0-9]))?(?<digits>[0-9a-fA-F]+)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Real();
}
