using System.Text;

namespace Lateen.Net.Http1;

/// <summary>Reason phrases of RFC 9110 15 and its successors, for responses that the proxy makes.</summary>
internal static class StatusReasons
{
    private static readonly byte[][] Texts = Make();

    public static ReadOnlySpan<byte> Of(int status) => (uint)status < (uint)Texts.Length && Texts[status] is { } text ? text : "Unknown"u8;

    private static byte[][] Make()
    {
        byte[][] texts = new byte[600][];
        (int, string)[] known =
        [
            (100, "Continue"), (101, "Switching Protocols"), (200, "OK"), (201, "Created"), (202, "Accepted"), (204, "No Content"),
            (206, "Partial Content"), (301, "Moved Permanently"), (302, "Found"), (303, "See Other"), (304, "Not Modified"),
            (307, "Temporary Redirect"), (308, "Permanent Redirect"), (400, "Bad Request"), (401, "Unauthorized"), (403, "Forbidden"),
            (404, "Not Found"), (405, "Method Not Allowed"), (406, "Not Acceptable"), (408, "Request Timeout"), (409, "Conflict"),
            (410, "Gone"), (411, "Length Required"), (412, "Precondition Failed"), (413, "Payload Too Large"), (414, "URI Too Long"),
            (415, "Unsupported Media Type"), (417, "Expectation Failed"), (418, "I'm a teapot"), (421, "Misdirected Request"),
            (422, "Unprocessable Entity"), (425, "Too Early"), (426, "Upgrade Required"), (429, "Too Many Requests"),
            (431, "Request Header Fields Too Large"), (500, "Internal Server Error"), (501, "Not Implemented"), (502, "Bad Gateway"),
            (503, "Service Unavailable"), (504, "Gateway Timeout"), (505, "HTTP Version Not Supported"), (507, "Insufficient Storage"),
            (511, "Network Authentication Required"),
        ];
        foreach ((int status, string text) in known)
        {
            texts[status] = Encoding.ASCII.GetBytes(text);
        }
        return texts;
    }
}
