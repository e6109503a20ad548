using System.Numerics;
using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Sockets;
using Lateen.Proxy.Http;
using Lateen.Proxy.LoadBalancing;

namespace Lateen.Proxy.Routing;

/// <summary>What a hash policy looks at.</summary>
internal enum HashSource
{
    Header,
    Cookie,
    SourceIp,
    QueryParameter,
}

/// <summary>One of a route's hash_policy entries, compiled. Immutable.</summary>
/// <param name="Source">What is hashed.</param>
/// <param name="Name">Of the header (lower case), cookie or query parameter.</param>
/// <param name="IsTerminal">No further policy is asked once there is a hash.</param>
internal sealed record HashPolicy(HashSource Source, byte[] Name, bool IsTerminal)
{
    private const int MaximumValues = 16;

    /// <summary>Seconds a generated cookie lives, 0 for the browser's session; null: no cookie is generated.</summary>
    public long? CookieSeconds { get; init; }

    public string CookiePath { get; init; } = "";

    /// <summary>
    /// The hash of a request by all policies, null if none applies. A policy that generates a cookie puts its set-cookie value into
    /// <paramref name="setCookie"/>; besides that nothing is allocated.
    /// </summary>
    public static ulong? Compute(HashPolicy[] policies, HttpExchange exchange, ref byte[]? setCookie)
    {
        ulong? hash = null;
        foreach (HashPolicy policy in policies)
        {
            if (policy.HashOf(exchange, ref setCookie) is { } value)
            {
                // Envoy: policies are combined in order, so that their order counts.
                hash = BitOperations.RotateLeft(hash ?? 0, 1) ^ value;
            }
            if (policy.IsTerminal && hash is not null)
            {
                break;
            }
        }
        return hash;
    }

    private ulong? HashOf(HttpExchange exchange, ref byte[]? setCookie) => Source switch
    {
        HashSource.Header => OfHeader(exchange.Request),
        HashSource.SourceIp => OfAddress(exchange.DownstreamRemote),
        HashSource.QueryParameter => OfQuery(exchange.Query().Query),
        _ => OfCookie(exchange, ref setCookie),
    };

    // Envoy: several values are sorted, and each hash seeds the next.
    private ulong? OfHeader(MessageHead head)
    {
        int first = head.IndexOf(Name, 0);
        if (first < 0)
        {
            return null;
        }
        int second = head.IndexOf(Name, first + 1);
        if (second < 0)
        {
            return XxHash64.Of(head.ValueOf(head.Fields[first]));
        }
        Span<int> lines = stackalloc int[MaximumValues];
        int count = 0;
        for (int i = first; i >= 0 && count < MaximumValues; i = head.IndexOf(Name, i + 1))
        {
            int at = count++;
            for (; at > 0 && head.ValueOf(head.Fields[lines[at - 1]]).SequenceCompareTo(head.ValueOf(head.Fields[i])) > 0; at--)
            {
                lines[at] = lines[at - 1];
            }
            lines[at] = i;
        }
        ulong hash = 0;
        foreach (int line in lines[..count])
        {
            hash = XxHash64.Of(head.ValueOf(head.Fields[line]), hash);
        }
        return hash;
    }

    private static ulong? OfAddress(in IpEndpoint address)
    {
        if (!address.IsValid)
        {
            return null;
        }
        Span<byte> text = stackalloc byte[64];
        return XxHash64.Of(text[..address.FormatAddress(text)]);
    }

    private ulong? OfQuery(ReadOnlySpan<byte> query) => QueryMatcher.TryFind(query, Name, out ReadOnlySpan<byte> value) ? XxHash64.Of(value) : null;

    private ulong? OfCookie(HttpExchange exchange, ref byte[]? setCookie)
    {
        if (Cookies.TryFind(exchange.Request, Name, out ReadOnlySpan<byte> value))
        {
            return XxHash64.Of(value);
        }
        if (CookieSeconds is not { } seconds)
        {
            return null;
        }
        Span<byte> text = stackalloc byte[128];
        int n = exchange.DownstreamDirect.Format(text);
        n += exchange.DownstreamLocal.Format(text[n..]);
        string hex = XxHash64.Of(text[..n]).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        StringBuilder cookie = new($"{Encoding.UTF8.GetString(Name)}=\"{hex}\"");
        cookie.Append(seconds > 0 ? $"; Max-Age={seconds}" : "").Append(CookiePath.Length > 0 ? $"; Path={CookiePath}" : "").Append("; HttpOnly");
        setCookie = Encoding.UTF8.GetBytes(cookie.ToString());
        return XxHash64.Of(Encoding.ASCII.GetBytes(hex));
    }
}
