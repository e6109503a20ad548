using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;

namespace Lateen.Proxy.Http;

/// <summary>x-forwarded-for: reading the client, appending the peer.</summary>
internal static class ForwardedFor
{
    /// <summary>The n-th address from the right (1 is the last); the fallback when there are fewer or it is none.</summary>
    public static IpEndpoint FromRight(MessageHead head, int n, in IpEndpoint fallback)
    {
        ReadOnlySpan<byte> list = head.Get(HttpField.XForwardedFor);
        ReadOnlySpan<byte> element = [];
        for (; n > 0; n--)
        {
            if (list.IsEmpty)
            {
                return fallback;
            }
            int comma = list.LastIndexOf((byte)',');
            element = HttpSyntax.TrimOws(list[(comma + 1)..]);
            list = comma < 0 ? [] : list[..comma];
        }
        Span<char> text = stackalloc char[64];
        return element.Length <= text.Length && Encoding.ASCII.TryGetChars(element, text, out int length)
            && IpEndpoint.TryParse(text[..length], 0, out IpEndpoint address)
            ? address
            : fallback;
    }

    public static bool IsSingle(MessageHead head)
    {
        ReadOnlySpan<byte> value = head.Get(HttpField.XForwardedFor);
        return !value.IsEmpty && !value.Contains((byte)',');
    }

    public static void Append(MessageHead head, in IpEndpoint peer)
    {
        ReadOnlySpan<byte> before = head.Get(HttpField.XForwardedFor);
        Span<byte> text = stackalloc byte[2048];
        int n = 0;
        if (!before.IsEmpty && before.Length + IpEndpoint.MaximumTextLength + 1 <= text.Length)
        {
            before.CopyTo(text);
            n = before.Length;
            text[n++] = (byte)',';
        }
        n += peer.FormatAddress(text[n..]);
        head.Set(HttpField.XForwardedFor, text[..n]);
    }

    /// <summary>Envoy's internal addresses: RFC 1918, 127.0.0.1, fd00::/8 and ::1.</summary>
    public static bool IsInternal(in IpEndpoint address)
    {
        (ulong high, ulong low) = address.Bits;
        return address.IsIpv6
            ? high >> 56 == 0xfd || (high == 0 && low == 1)
            : low >> 24 == 10 || low >> 20 == 0xac1 || low >> 16 == 0xc0a8 || low == 0x7f000001;
    }
}
