using System.Text;

namespace Lateen.Proxy.Routing;

/// <summary>Matches text that is kept as a string: matchers look at bytes.</summary>
internal static class TextBytes
{
    private const int StackLimit = 1024;

    public static bool Matches(StringMatcher matcher, string text)
    {
        if (Encoding.UTF8.GetMaxByteCount(text.Length) > StackLimit)
        {
            return matcher.Matches(Encoding.UTF8.GetBytes(text));
        }
        Span<byte> bytes = stackalloc byte[StackLimit];
        return matcher.Matches(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }
}
