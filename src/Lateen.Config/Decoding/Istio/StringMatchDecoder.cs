using Lateen.Model;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads StringMatch and maps of it.</summary>
internal static class StringMatchDecoder
{
    public static StringMatch Read(ObjectReader match)
    {
        match.OneOf("exact", "prefix", "regex");
        if (match["exact"].Text() is { } exact)
        {
            return StringMatch.Exact(exact);
        }

        if (match["prefix"].Text() is { } prefix)
        {
            return StringMatch.Prefix(prefix);
        }

        return match["regex"].Regex() is { } regex ? StringMatch.Regex(regex) : StringMatch.Present;
    }

    /// <summary>A map of names to matches; `{}` asks for presence.</summary>
    public static EquatableMap<string, StringMatch> ReadMap(ValueReader field, bool headerNames)
    {
        var entries = new List<KeyValuePair<string, StringMatch>>();
        foreach (var (name, value) in field.Entries())
        {
            if (name.Length == 0)
            {
                value.Problem("an empty name");
            }
            else if (headerNames && !name.StartsWith('@'))
            {
                value.CheckHeaderName(name);
            }

            if (!value.IsPresent)
            {
                value.Problem("a match without condition", "give exact, prefix or regex; {} asks for presence");
            }

            var match = value.Message(Read) ?? StringMatch.Present;
            if (match is { Kind: StringMatchKind.Prefix or StringMatchKind.Regex, Value.Length: 0 })
            {
                value.Problem("an empty prefix or regex", "write {} to ask for presence");
            }

            entries.Add(new(name, match));
        }

        return entries.ToEquatableMap();
    }
}
