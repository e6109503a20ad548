using System.Collections.Immutable;
using System.Globalization;

namespace Lateen.Config.Decoding;

/// <summary>One field as a decoder sees it: asks for a type, gets the value or null, and a problem is noted when it does not fit.</summary>
/// <remarks>
/// Protobuf-JSON rules (protobuf.dev "JSON Mapping"): null is absent, numbers may be written as strings, wrappers are plain
/// values. A value of the wrong type reads as absent, so that one decoding finds every problem of the document.
/// </remarks>
public readonly struct ValueReader
{
    private readonly ConfigNode? _node;
    private readonly FieldPath _path;
    private readonly DecodeContext _context;
    private readonly int _line;

    internal ValueReader(ConfigNode? node, FieldPath path, DecodeContext context, int line)
    {
        _node = node;
        _path = path;
        _context = context;
        _line = line;
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool IsPresent => _node is { Kind: not ConfigNodeKind.Null };

    public ConfigNode? Node => IsPresent ? _node : null;

    public DecodeContext Context => _context;

    /// <summary>Reads a whole document: the root of an object.</summary>
    public static ValueReader Root(ConfigNode node, DecodeContext context) => new(node, FieldPath.Root, context, node.Line);

    public string? Text()
    {
        switch (_node?.Kind)
        {
            case null or ConfigNodeKind.Null:
                return null;
            case ConfigNodeKind.Text:
                return _node.Text;
            default:
                return WrongType<string>("text");
        }
    }

    /// <summary>Text where an unquoted number or boolean is taken as it was written (annotations of tolerant readers, ports by name or number).</summary>
    public string? AnyText() =>
        _node?.Kind is ConfigNodeKind.Text or ConfigNodeKind.Number or ConfigNodeKind.Boolean ? _node.Text : Text();

    public bool? Boolean()
    {
        switch (_node?.Kind)
        {
            case null or ConfigNodeKind.Null:
                return null;
            case ConfigNodeKind.Boolean:
                return _node.Text == "true";
            default:
                return WrongValue<bool>("true or false");
        }
    }

    public long? WholeNumber(long min = long.MinValue, long max = long.MaxValue)
    {
        if (!IsPresent)
        {
            return null;
        }

        if (_node!.Kind is not (ConfigNodeKind.Number or ConfigNodeKind.Text)
            || !decimal.TryParse(_node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            || number != decimal.Truncate(number)
            || number is < long.MinValue or > long.MaxValue)
        {
            return WrongValue<long>("a whole number");
        }

        var value = (long)number;
        if (value < min || value > max)
        {
            Problem(max == long.MaxValue
                ? $"value {value} is below {min}"
                : $"value {value} is not in the range {min}-{max}");
            return null;
        }

        return value;
    }

    public int? Number32(int min = int.MinValue, int max = int.MaxValue) => (int?)WholeNumber(min, max);

    public uint? Unsigned32(uint min = 0, uint max = uint.MaxValue) => (uint?)WholeNumber(min, max);

    public double? Number()
    {
        if (!IsPresent)
        {
            return null;
        }

        return _node!.Kind is ConfigNodeKind.Number or ConfigNodeKind.Text
            && double.TryParse(_node.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? value
            : WrongValue<double>("a number");
    }

    /// <summary>A duration as Istio's documents write it: `1h`, `1m30s`, `500ms`, `1.5s`.</summary>
    public TimeSpan? Duration()
    {
        if (!IsPresent)
        {
            return null;
        }

        return _node!.Kind == ConfigNodeKind.Text && DurationText.TryParse(_node.Text, out var value)
            ? value
            : WrongValue<TimeSpan>("a duration such as 10s, 1m or 500ms");
    }

    /// <summary>An instant in RFC 3339 form.</summary>
    public DateTimeOffset? Timestamp()
    {
        if (!IsPresent)
        {
            return null;
        }

        return _node!.Kind == ConfigNodeKind.Text
            && DateTimeOffset.TryParse(_node.Text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value)
            ? value
            : WrongValue<DateTimeOffset>("an instant such as 2024-01-01T00:00:00Z");
    }

    /// <summary>Bytes in base64 (standard or URL alphabet).</summary>
    public byte[]? Bytes()
    {
        if (Text() is not { } text)
        {
            return null;
        }

        var standard = text.Replace('-', '+').Replace('_', '/');
        var buffer = new byte[standard.Length];
        if (Convert.TryFromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='), buffer, out var length))
        {
            return buffer[..length];
        }

        WrongType<string>("base64");
        return null;
    }

    /// <summary>One of a closed set of names.</summary>
    public T? Choice<T>(ChoiceNames<T> names)
        where T : struct, Enum
    {
        if (Text() is not { } text)
        {
            return null;
        }

        if (names.TryFind(text, out var value))
        {
            return value;
        }

        var near = Spelling.Nearest(text, names.Names);
        Problem($"\"{text}\" is not one of {string.Join(", ", names.Names)}", near is null ? "" : $"did you mean {near}?");
        return null;
    }

    public T? Message<T>(Func<ObjectReader, T> read)
        where T : class
    {
        if (!IsPresent)
        {
            return null;
        }

        if (_node!.Kind != ConfigNodeKind.Mapping)
        {
            return WrongType<T>("an object");
        }

        var reader = new ObjectReader(_node, _path, _context, _line);
        var result = read(reader);
        reader.ReportUnknownFields();
        return result;
    }

    /// <summary>Every item of a list, read by the given function; items that read as null are left out.</summary>
    public ImmutableArray<T> List<T>(Func<ValueReader, T?> read)
        where T : class
    {
        var items = Items();
        var result = ImmutableArray.CreateBuilder<T>(items.Length);
        foreach (var item in items)
        {
            if (read(item) is { } value)
            {
                result.Add(value);
            }
        }

        return result.ToImmutable();
    }

    /// <summary>A list of objects.</summary>
    public ImmutableArray<T> Messages<T>(Func<ObjectReader, T> read)
        where T : class => List(item =>
        {
            if (!item.IsPresent)
            {
                item.Problem("an empty list item", "remove it or fill it in");
            }

            return item.Message(read);
        });

    public ImmutableArray<string> Texts() => List(item => item.Text());

    /// <summary>The items of a list, each with its path; none when the field is absent or no list.</summary>
    public ImmutableArray<ValueReader> Items()
    {
        if (!IsPresent)
        {
            return [];
        }

        if (_node!.Kind != ConfigNodeKind.List)
        {
            WrongType<string>("a list");
            return [];
        }

        var items = ImmutableArray.CreateBuilder<ValueReader>(_node.Items.Length);
        for (var i = 0; i < _node.Items.Length; i++)
        {
            items.Add(new ValueReader(_node.Items[i], _path.Item(i), _context, _node.Items[i].Line));
        }

        return items.MoveToImmutable();
    }

    /// <summary>The entries of an object used as a map, each value with its path.</summary>
    public ImmutableArray<KeyValuePair<string, ValueReader>> Entries()
    {
        if (!IsPresent)
        {
            return [];
        }

        if (_node!.Kind != ConfigNodeKind.Mapping)
        {
            WrongType<string>("an object");
            return [];
        }

        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, ValueReader>>(_node.Members.Length);
        foreach (var member in _node.Members)
        {
            entries.Add(new(member.Name, new ValueReader(member.Value, _path.Field(member.Name), _context, member.Line)));
        }

        return entries.MoveToImmutable();
    }

    /// <summary>A map of text to text, in the document's order.</summary>
    public ImmutableArray<KeyValuePair<string, string>> TextMap()
    {
        var entries = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (var (name, value) in Entries())
        {
            if (value.Text() is { } text)
            {
                entries.Add(new(name, text));
            }
        }

        return entries.ToImmutable();
    }

    /// <summary>Notes an error at this value.</summary>
    public void Problem(string what, string fix = "", string code = "IST0106") =>
        _context.Add(ProblemSeverity.Error, _path, _line, what, fix, code);

    /// <summary>Notes a warning at this value.</summary>
    public void Warning(string what, string fix = "", string code = "IST0106") =>
        _context.Add(ProblemSeverity.Warning, _path, _line, what, fix, code);

    private T? WrongType<T>(string expected)
        where T : class
    {
        Problem($"{Found()} where {expected} is expected");
        return null;
    }

    private T? WrongValue<T>(string expected)
        where T : struct
    {
        Problem($"{Found()} where {expected} is expected");
        return null;
    }

    private string Found() => _node!.Kind switch
    {
        ConfigNodeKind.List => "a list",
        ConfigNodeKind.Mapping => "an object",
        ConfigNodeKind.Text => $"\"{Shortened(_node.Text)}\"",
        _ => Shortened(_node.Text),
    };

    private static string Shortened(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
