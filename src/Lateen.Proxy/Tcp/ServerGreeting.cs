namespace Lateen.Proxy.Tcp;

/// <summary>Tells a protocol whose server speaks first from HTTP/2, whose server may send its settings before it has heard anything.</summary>
internal static class ServerGreeting
{
    /// <summary>RFC 9113 3.4: a server's first frame is SETTINGS; 4.1 and 6.5: type 4, no flags, stream 0, entries of six bytes.</summary>
    public static bool IsHttp2(ReadOnlySpan<byte> first) =>
        first.Length >= 9 && ((first[0] << 16) | (first[1] << 8) | first[2]) % 6 == 0 && first[3] == 4 && first[4] == 0 && first[5..9].IndexOfAnyExcept((byte)0) < 0;
}
