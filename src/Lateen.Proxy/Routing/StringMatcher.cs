using System.Text;
using System.Text.RegularExpressions;
using Lateen.Net.Http1;

namespace Lateen.Proxy.Routing;

/// <summary>The kinds of envoy.type.matcher.v3.StringMatcher.</summary>
internal enum StringMatchKind
{
    Exact,
    Prefix,
    Suffix,
    Contains,
    Regex,
}

/// <summary>envoy.type.matcher.v3.StringMatcher, compiled.</summary>
internal sealed record StringMatcher(StringMatchKind Kind, byte[] Text, Regex? Pattern, bool IgnoreCase)
{
    public static StringMatcher Of(StringMatchKind kind, string text, bool ignoreCase) =>
        new(kind, Encoding.UTF8.GetBytes(kind == StringMatchKind.Contains && ignoreCase ? text.ToLowerInvariant() : text), null, ignoreCase);

    public static StringMatcher OfRegex(string pattern) => new(StringMatchKind.Regex, [], TextMatch.Whole(pattern), false);

    public bool Matches(ReadOnlySpan<byte> value)
    {
        switch (Kind)
        {
            case StringMatchKind.Exact:
                return value.Length == Text.Length && Equal(value);
            case StringMatchKind.Prefix:
                return value.Length >= Text.Length && Equal(value[..Text.Length]);
            case StringMatchKind.Suffix:
                return value.Length >= Text.Length && Equal(value[^Text.Length..]);
            case StringMatchKind.Contains:
                return IgnoreCase ? ContainsIgnoreCase(value) : value.IndexOf(Text) >= 0;
            default:
                return TextMatch.IsMatch(Pattern!, value);
        }
    }

    private bool Equal(ReadOnlySpan<byte> value) => IgnoreCase ? HttpSyntax.EqualsIgnoreCase(value, Text) : value.SequenceEqual(Text);

    private bool ContainsIgnoreCase(ReadOnlySpan<byte> value)
    {
        for (int i = 0; i + Text.Length <= value.Length; i++)
        {
            if (HttpSyntax.EqualsIgnoreCase(value.Slice(i, Text.Length), Text))
            {
                return true;
            }
        }
        return false;
    }
}
