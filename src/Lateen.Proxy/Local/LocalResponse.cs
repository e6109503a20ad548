using System.Text;

namespace Lateen.Proxy.Local;

/// <summary>The answer of a local page. Date and, unless given, server are added on the way out.</summary>
public sealed class LocalResponse
{
    /// <summary>Status code, 200 to 599.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Further headers; framing headers are the server's own.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The body, when it is at hand as a whole; sent with Content-Length.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The body in pieces, sent chunked as they come (to an HTTP/1.0 client: until the connection closes); takes the place of <see cref="Body"/>.</summary>
    public IAsyncEnumerable<ReadOnlyMemory<byte>>? Stream { get; init; }

    /// <summary>A UTF-8 text answer.</summary>
    public static LocalResponse Text(string body, int status = 200, string contentType = "text/plain; charset=UTF-8") => new()
    {
        Status = status,
        Headers = [new("content-type", contentType)],
        Body = Encoding.UTF8.GetBytes(body),
    };

    /// <summary>An answer without a body.</summary>
    public static LocalResponse Empty(int status) => new() { Status = status };
}
