namespace Lateen.Proxy.Http;

/// <summary>The version of HTTP one side of an exchange speaks.</summary>
internal enum HttpProtocol : byte
{
    None,
    Http10,
    Http11,
    Http2,
}

/// <summary>Names of <see cref="HttpProtocol"/> as the access log prints them.</summary>
internal static class HttpProtocols
{
    public static ReadOnlySpan<byte> Name(this HttpProtocol protocol) => protocol switch
    {
        HttpProtocol.Http10 => "HTTP/1.0"u8,
        HttpProtocol.Http11 => "HTTP/1.1"u8,
        HttpProtocol.Http2 => "HTTP/2"u8,
        _ => [],
    };
}
