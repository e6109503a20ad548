using Lateen.Net.Http1;

namespace Lateen.Proxy.Routing;

/// <summary>Looks a cookie up in a request (RFC 6265 4.2.1); the first of its name counts, quotes around its value do not.</summary>
internal static class Cookies
{
    public static bool TryFind(MessageHead head, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (int i = head.IndexOf("cookie"u8, 0); i >= 0; i = head.IndexOf("cookie"u8, i + 1))
        {
            ReadOnlySpan<byte> pairs = head.ValueOf(head.Fields[i]);
            while (!pairs.IsEmpty)
            {
                int end = pairs.IndexOf((byte)';');
                ReadOnlySpan<byte> pair = (end < 0 ? pairs : pairs[..end]).Trim((byte)' ');
                pairs = end < 0 ? [] : pairs[(end + 1)..];
                int equals = pair.IndexOf((byte)'=');
                if (equals > 0 && pair[..equals].SequenceEqual(name))
                {
                    value = pair[(equals + 1)..];
                    if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
                    {
                        value = value[1..^1];
                    }
                    return true;
                }
            }
        }
        value = [];
        return false;
    }
}
