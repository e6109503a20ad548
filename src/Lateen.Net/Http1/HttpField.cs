using System.Text;

namespace Lateen.Net.Http1;

/// <summary>Field names that the proxy treats specially; every other name is <see cref="Other"/>.</summary>
internal enum HttpField : byte
{
    Other, Host, Connection, KeepAlive, ProxyConnection, TransferEncoding, ContentLength, Te, Upgrade, Expect, Date, Server,
    ContentType, UserAgent, Location, GrpcStatus, Cookie, XForwardedFor, XForwardedProto, XRequestId, XEnvoyUpstreamServiceTime,
    XEnvoyAttemptCount, XEnvoyExpectedRqTimeoutMs, XEnvoyInternal, XEnvoyExternalAddress, XEnvoyOriginalPath,
    XEnvoyDecoratorOperation, XEnvoyPeerMetadata, XEnvoyPeerMetadataId, XEnvoyUpstreamRqTimeoutMs,
    XEnvoyUpstreamRqPerTryTimeoutMs, XEnvoyMaxRetries, XEnvoyRetryOn, XEnvoyRetryGrpcOn, XEnvoyRetriableStatusCodes,
    XEnvoyRetriableHeaderNames, XEnvoyHedgeOnPerTryTimeout, XEnvoyUpstreamRqTimeoutAltResponse, XEnvoyUpstreamAltStatName,
    XEnvoyForceTrace, XEnvoyIpTags, XEnvoyOriginalUrl, XEnvoyOverloaded, XEnvoyRatelimited, XForwardedClientCert, Http2Settings,
    Origin, AccessControlRequestMethod, Trailer,
}

/// <summary>Names of <see cref="HttpField"/> and their recognition.</summary>
internal static class HttpFields
{
    /// <summary>Number of values of <see cref="HttpField"/>.</summary>
    public const int Count = (int)HttpField.Trailer + 1;

    private static readonly byte[][] Names = MakeNames();
    private static readonly HttpField[][] ByLength = MakeByLength();

    /// <summary>The lower-case name.</summary>
    public static ReadOnlySpan<byte> NameOf(HttpField field) => Names[(int)field];

    /// <summary>Recognises a name in any case.</summary>
    public static HttpField Find(ReadOnlySpan<byte> name)
    {
        if ((uint)name.Length >= (uint)ByLength.Length)
        {
            return HttpField.Other;
        }
        foreach (HttpField candidate in ByLength[name.Length])
        {
            // The last letter tells most names of one length apart; the bit makes a letter small and leaves a digit as it is.
            byte[] known = Names[(int)candidate];
            if ((name[^1] | 0x20) == known[^1] && Ascii.EqualsIgnoreCase(name, known))
            {
                return candidate;
            }
        }
        return HttpField.Other;
    }

    private static byte[][] MakeNames()
    {
        byte[][] names = new byte[Count][];
        StringBuilder text = new();
        for (int i = 0; i < Count; i++)
        {
            text.Clear();
            foreach (char c in ((HttpField)i).ToString())
            {
                if (char.IsAsciiLetterUpper(c) && text.Length > 0)
                {
                    text.Append('-');
                }
                text.Append(char.ToLowerInvariant(c));
            }
            names[i] = i == 0 ? [] : Encoding.ASCII.GetBytes(text.ToString());
        }
        return names;
    }

    private static HttpField[][] MakeByLength()
    {
        int longest = Names.Max(name => name.Length);
        HttpField[][] table = new HttpField[longest + 1][];
        for (int length = 0; length <= longest; length++)
        {
            table[length] = [.. Enumerable.Range(1, Count - 1).Where(i => Names[i].Length == length).Select(i => (HttpField)i)];
        }
        return table;
    }
}
