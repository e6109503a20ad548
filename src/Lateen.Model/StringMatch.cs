namespace Lateen.Model;

/// <summary>How a <see cref="StringMatch"/> compares.</summary>
public enum StringMatchKind
{
    /// <summary>No comparison is given (`{}`): the value only has to be present.</summary>
    Present,

    /// <summary>Equal to the text.</summary>
    Exact,

    /// <summary>Begins with the text.</summary>
    Prefix,

    /// <summary>The whole value matches the RE2 expression.</summary>
    Regex,
}

/// <summary>Istio's StringMatch: exact, prefix, or a regular expression over the whole value.</summary>
public sealed record StringMatch(StringMatchKind Kind, string Value)
{
    /// <summary>Matches any value.</summary>
    public static StringMatch Present { get; } = new(StringMatchKind.Present, "");

    public static StringMatch Exact(string value) => new(StringMatchKind.Exact, value);

    public static StringMatch Prefix(string value) => new(StringMatchKind.Prefix, value);

    public static StringMatch Regex(string value) => new(StringMatchKind.Regex, value);
}
