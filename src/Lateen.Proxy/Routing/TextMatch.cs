using System.Text.RegularExpressions;

namespace Lateen.Proxy.Routing;

/// <summary>Regular expressions over bytes: each byte is taken as the character of the same code (Latin-1), without allocating.</summary>
internal static class TextMatch
{
    private const int Limit = 4096;

    /// <summary>Linear-time matching of the whole text. Longer than 4096 bytes never matches.</summary>
    public static bool IsMatch(Regex pattern, ReadOnlySpan<byte> text)
    {
        if (text.Length > Limit)
        {
            return false;
        }
        Span<char> chars = stackalloc char[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            chars[i] = (char)text[i];
        }
        return pattern.IsMatch(chars);
    }

    /// <summary>Compiles an RE2 pattern that must match the whole text; an ArgumentException says why it cannot be.</summary>
    public static Regex Whole(string pattern) =>
        new($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    /// <summary>Compiles a pattern that may match anywhere, for substitution.</summary>
    public static Regex Anywhere(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
}
