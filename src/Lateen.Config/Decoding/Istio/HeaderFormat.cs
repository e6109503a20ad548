namespace Lateen.Config.Decoding.Istio;

/// <summary>Envoy's format of header values: `%NAME%`, `%NAME(argument):length%`, and `%%` for a percent sign.</summary>
internal static class HeaderFormat
{
    public static bool IsValid(string text)
    {
        for (var i = text.IndexOf('%', StringComparison.Ordinal); i >= 0; i = text.IndexOf('%', i))
        {
            if (i + 1 < text.Length && text[i + 1] == '%')
            {
                i += 2;
                continue;
            }

            var end = text.IndexOf('%', i + 1);
            if (end < 0 || !IsVariable(text.AsSpan(i + 1, end - i - 1)))
            {
                return false;
            }

            i = end + 1;
        }

        return true;
    }

    private static bool IsVariable(ReadOnlySpan<char> name)
    {
        var letters = name.IndexOfAny('(', ':');
        var word = letters < 0 ? name : name[..letters];
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c) && c != '_')
            {
                return false;
            }
        }

        return word.Length > 0;
    }
}
