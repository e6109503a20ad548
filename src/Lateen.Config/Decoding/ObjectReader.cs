namespace Lateen.Config.Decoding;

/// <summary>Reads an object field by field and remembers which fields exist, so that what nobody asked for is reported.</summary>
/// <remarks>A decoder asks for every field of its message, also for those it does not use: asking is what makes a name known.</remarks>
public sealed class ObjectReader
{
    private readonly ConfigNode _node;
    private readonly FieldPath _path;
    private readonly DecodeContext _context;
    private readonly int _line;
    private readonly List<string> _known = [];
    private bool _ignoreRest;

    internal ObjectReader(ConfigNode node, FieldPath path, DecodeContext context, int line)
    {
        _node = node;
        _path = path;
        _context = context;
        _line = line;
    }

    public DecodeContext Context => _context;

    /// <summary>The untyped object, for what is passed on as it is (EnvoyFilter patches, Wasm plugin configuration).</summary>
    public ConfigNode Node => _node;

    /// <summary>The field of that lowerCamelCase name, or of its snake_case spelling (protobuf-JSON accepts both).</summary>
    public ValueReader this[string name]
    {
        get
        {
            _known.Add(name);
            foreach (var member in _node.Members)
            {
                if (Matches(member.Name, name))
                {
                    return new ValueReader(member.Value, _path.Field(member.Name), _context, member.Line);
                }
            }

            return new ValueReader(null, _path.Field(name), _context, _line);
        }
    }

    /// <summary>Which of these fields are present: for messages of which at most one may be set.</summary>
    public int CountPresent(params ReadOnlySpan<string> names)
    {
        var count = 0;
        foreach (var name in names)
        {
            count += this[name].IsPresent ? 1 : 0;
        }

        return count;
    }

    /// <summary>Notes an error when more than one of the fields of a oneof is present.</summary>
    public int OneOf(params ReadOnlySpan<string> names)
    {
        var count = CountPresent(names);
        if (count > 1)
        {
            Problem($"more than one of {string.Join(", ", names)} is set", "keep one");
        }

        return count;
    }

    /// <summary>Leaves every field that is not asked for alone: the object's schema belongs to somebody else.</summary>
    public void IgnoreRest() => _ignoreRest = true;

    /// <summary>Names fields that exist in the API and are not used.</summary>
    public void Ignore(params ReadOnlySpan<string> names) => _known.AddRange(names);

    /// <summary>Notes an error at this object.</summary>
    public void Problem(string what, string fix = "", string code = "IST0106") =>
        _context.Add(ProblemSeverity.Error, _path, _line, what, fix, code);

    /// <summary>Notes a warning at this object.</summary>
    public void Warning(string what, string fix = "", string code = "IST0106") =>
        _context.Add(ProblemSeverity.Warning, _path, _line, what, fix, code);

    internal void ReportUnknownFields()
    {
        if (!_context.Strict || _ignoreRest)
        {
            return;
        }

        foreach (var member in _node.Members)
        {
            if (!_known.Exists(name => Matches(member.Name, name)))
            {
                var near = Spelling.Nearest(member.Name, _known);
                _context.Add(
                    ProblemSeverity.Error,
                    _path.Field(member.Name),
                    member.Line,
                    "unknown field",
                    near is null ? "remove it" : $"did you mean {near}?",
                    "IST0106");
            }
        }
    }

    private static bool Matches(string written, string name)
    {
        if (written == name)
        {
            return true;
        }

        if (!written.Contains('_', StringComparison.Ordinal))
        {
            return false;
        }

        var at = 0;
        for (var i = 0; i < written.Length; i++)
        {
            var c = written[i];
            if (c == '_')
            {
                i++;
                if (i == written.Length)
                {
                    return false;
                }

                c = char.ToUpperInvariant(written[i]);
            }

            if (at == name.Length || name[at] != c)
            {
                return false;
            }

            at++;
        }

        return at == name.Length;
    }
}
