using System.Buffers;
using System.Text;

namespace Lateen.Net.Http1;

/// <summary>Character classes and small grammar of RFC 9110/9112.</summary>
internal static class HttpSyntax
{
    /// <summary>tchar (RFC 9110 5.6.2).</summary>
    public static readonly SearchValues<byte> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Controls other than tab: never allowed in a field value.</summary>
    public static readonly SearchValues<byte> BadInValue = SearchValues.Create(MakeBadInValue());

    public static bool IsToken(ReadOnlySpan<byte> text) => !text.IsEmpty && text.IndexOfAnyExcept(Token) < 0;

    public static ReadOnlySpan<byte> TrimOws(ReadOnlySpan<byte> value)
    {
        int start = 0, end = value.Length;
        while (start < end && value[start] is (byte)' ' or (byte)'\t')
        {
            start++;
        }
        while (end > start && value[end - 1] is (byte)' ' or (byte)'\t')
        {
            end--;
        }
        return value[start..end];
    }

    /// <summary>1*DIGIT, at most 18 of them: no sign, no blank, no overflow.</summary>
    public static bool TryParseLength(ReadOnlySpan<byte> text, out long length)
    {
        length = 0;
        if (text.IsEmpty || text.Length > 18)
        {
            return false;
        }
        foreach (byte c in text)
        {
            if ((uint)(c - '0') > 9)
            {
                return false;
            }
            length = (length * 10) + (c - '0');
        }
        return true;
    }

    /// <summary>Takes the next element of a comma-separated list; false at its end. Empty elements are skipped.</summary>
    public static bool NextListElement(ref ReadOnlySpan<byte> list, out ReadOnlySpan<byte> element)
    {
        while (!list.IsEmpty)
        {
            int comma = list.IndexOf((byte)',');
            element = TrimOws(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? [] : list[(comma + 1)..];
            if (!element.IsEmpty)
            {
                return true;
            }
        }
        element = [];
        return false;
    }

    public static bool EqualsIgnoreCase(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => Ascii.EqualsIgnoreCase(a, b);

    private static byte[] MakeBadInValue()
    {
        List<byte> bad = [127];
        for (byte c = 0; c < 32; c++)
        {
            if (c != '\t')
            {
                bad.Add(c);
            }
        }
        return [.. bad];
    }
}
