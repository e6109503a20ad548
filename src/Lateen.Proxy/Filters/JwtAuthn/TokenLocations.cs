using Lateen.Net.Http1;
using Lateen.Proxy.Routing;

namespace Lateen.Proxy.Filters.JwtAuthn;

/// <summary>Finds a provider's token in a request: headers, then query parameters, then cookies.</summary>
internal static class TokenLocations
{
    /// <param name="index">The how manieth place of the provider; the caller counts up until there is none.</param>
    /// <param name="header">The header that holds it, for its removal; -1 if it is elsewhere.</param>
    /// <returns>False when the provider has no such place; an empty token when there is nothing at it.</returns>
    public static bool TryGet(JwtProviderConfig provider, in RouteQuery query, int index, out ReadOnlySpan<byte> token, out int header)
    {
        header = -1;
        token = [];
        if (index < provider.Headers.Length)
        {
            token = FromHeader(provider.Headers[index], query.Head);
            header = index;
            return true;
        }
        index -= provider.Headers.Length;
        if (index < provider.Parameters.Length)
        {
            token = FromQuery(provider.Parameters[index], query.Query);
            return true;
        }
        index -= provider.Parameters.Length;
        if (index < provider.Cookies.Length)
        {
            token = FromCookies(provider.Cookies[index], query.Head.Get(HttpField.Cookie));
            return true;
        }
        return false;
    }

    private static ReadOnlySpan<byte> FromHeader(TokenHeader place, MessageHead head)
    {
        if (!head.TryGet(place.Name, out ReadOnlySpan<byte> value))
        {
            return [];
        }
        if (place.Prefix.Length == 0)
        {
            return HttpSyntax.TrimOws(value);
        }
        int at = value.IndexOf(place.Prefix);
        if (at < 0)
        {
            return [];
        }
        value = HttpSyntax.TrimOws(value[(at + place.Prefix.Length)..]);
        // What follows a token, for instance another credential, does not belong to it.
        int end = value.IndexOfAny(" ,;"u8);
        return end < 0 ? value : value[..end];
    }

    private static ReadOnlySpan<byte> FromQuery(byte[] name, ReadOnlySpan<byte> query)
    {
        while (!query.IsEmpty)
        {
            int end = query.IndexOf((byte)'&');
            ReadOnlySpan<byte> pair = end < 0 ? query : query[..end];
            query = end < 0 ? [] : query[(end + 1)..];
            if (pair.Length > name.Length && pair[name.Length] == (byte)'=' && pair.StartsWith(name))
            {
                return pair[(name.Length + 1)..];
            }
        }
        return [];
    }

    private static ReadOnlySpan<byte> FromCookies(byte[] name, ReadOnlySpan<byte> cookies)
    {
        while (!cookies.IsEmpty)
        {
            int end = cookies.IndexOf((byte)';');
            ReadOnlySpan<byte> pair = HttpSyntax.TrimOws(end < 0 ? cookies : cookies[..end]);
            cookies = end < 0 ? [] : cookies[(end + 1)..];
            if (pair.Length > name.Length && pair[name.Length] == (byte)'=' && pair.StartsWith(name))
            {
                return pair[(name.Length + 1)..];
            }
        }
        return [];
    }
}
