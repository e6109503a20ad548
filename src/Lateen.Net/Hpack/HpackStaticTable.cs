using System.Text;

namespace Lateen.Net.Hpack;

/// <summary>The static table of RFC 7541 Appendix A.</summary>
internal static class HpackStaticTable
{
    /// <summary>Entries are numbered from 1 to this.</summary>
    public const int Count = 61;

    private static readonly (byte[] Name, byte[] Value)[] Entries =
    [
        Of(""), Of(":authority"), Of(":method", "GET"), Of(":method", "POST"), Of(":path", "/"), Of(":path", "/index.html"), Of(":scheme", "http"),
        Of(":scheme", "https"), Of(":status", "200"), Of(":status", "204"), Of(":status", "206"), Of(":status", "304"), Of(":status", "400"),
        Of(":status", "404"), Of(":status", "500"), Of("accept-charset"), Of("accept-encoding", "gzip, deflate"), Of("accept-language"),
        Of("accept-ranges"), Of("accept"), Of("access-control-allow-origin"), Of("age"), Of("allow"), Of("authorization"), Of("cache-control"),
        Of("content-disposition"), Of("content-encoding"), Of("content-language"), Of("content-length"), Of("content-location"),
        Of("content-range"), Of("content-type"), Of("cookie"), Of("date"), Of("etag"), Of("expect"), Of("expires"), Of("from"), Of("host"),
        Of("if-match"), Of("if-modified-since"), Of("if-none-match"), Of("if-range"), Of("if-unmodified-since"), Of("last-modified"), Of("link"),
        Of("location"), Of("max-forwards"), Of("proxy-authenticate"), Of("proxy-authorization"), Of("range"), Of("referer"), Of("refresh"),
        Of("retry-after"), Of("server"), Of("set-cookie"), Of("strict-transport-security"), Of("transfer-encoding"), Of("user-agent"), Of("vary"),
        Of("via"), Of("www-authenticate"),
    ];

    private static readonly byte[][] ByLength = MakeByLength();

    public static ReadOnlySpan<byte> NameOf(int index) => Entries[index].Name;

    public static ReadOnlySpan<byte> ValueOf(int index) => Entries[index].Value;

    /// <summary>The first entry with a name (lower case), 0 if there is none.</summary>
    public static int FindName(ReadOnlySpan<byte> name)
    {
        if (name.Length < ByLength.Length)
        {
            foreach (byte index in ByLength[name.Length])
            {
                if (name.SequenceEqual(Entries[index].Name))
                {
                    return index;
                }
            }
        }
        return 0;
    }

    private static (byte[] Name, byte[] Value) Of(string name, string value = "") => (Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));

    private static byte[][] MakeByLength()
    {
        int longest = Entries.Max(entry => entry.Name.Length);
        return [.. Enumerable.Range(0, longest + 1).Select(length => Enumerable.Range(1, Count)
            .Where(i => Entries[i].Name.Length == length && !Entries[i].Name.AsSpan().SequenceEqual(Entries[i - 1].Name)).Select(i => (byte)i).ToArray())];
    }
}
