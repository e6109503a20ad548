using System.Net;

namespace Lateen.Inspection.Trace;

/// <summary>How the bytes of a connection begin, which decides between filter chains.</summary>
public enum TracedProtocol
{
    /// <summary>An HTTP/1.1 request in clear text.</summary>
    Http,

    /// <summary>A TLS handshake of the application's own, to the name in the URL.</summary>
    Tls,

    /// <summary>Bytes that no inspector recognises.</summary>
    Tcp,

    /// <summary>A sidecar's mutual TLS with HTTP inside (ALPN istio-http/1.1).</summary>
    MutualTlsHttp,

    /// <summary>A sidecar's mutual TLS with anything else inside (ALPN istio).</summary>
    MutualTlsTcp,
}

/// <summary>A connection as the sidecar that captured it sees it.</summary>
/// <param name="CapturePort">The sidecar's port that it was led to, 15001 or 15006; for a gateway the port itself.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Destination">Where it was sent to.</param>
/// <param name="Protocol">What it carries.</param>
/// <param name="ServerName">The name in the TLS handshake, where there is one.</param>
public sealed record TracedConnection(int CapturePort, IPAddress Source, IPEndPoint Destination, TracedProtocol Protocol, string ServerName = "")
{
    internal string Transport => Protocol is TracedProtocol.Http or TracedProtocol.Tcp ? "raw_buffer" : "tls";

    internal IReadOnlyList<string> Applications => Protocol switch
    {
        TracedProtocol.Http => ["http/1.1"],
        TracedProtocol.Tls => ["h2", "http/1.1"],
        TracedProtocol.MutualTlsHttp => ["istio-http/1.1", "istio", "http/1.1"],
        TracedProtocol.MutualTlsTcp => ["istio-peer-exchange", "istio"],
        _ => [],
    };
}

/// <summary>An HTTP request.</summary>
/// <param name="Method">GET, POST, …</param>
/// <param name="Authority">The Host header.</param>
/// <param name="Path">With its query.</param>
/// <param name="Headers">Further headers; names ignore case.</param>
public sealed record TracedRequest(string Method, string Authority, string Path, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    /// <summary>The value of a header or pseudo header; several are joined by commas (RFC 9110 5.3); null where there is none.</summary>
    internal string? Header(string name) => name switch
    {
        ":method" => Method,
        ":authority" or "host" => Authority,
        ":path" => Path,
        ":scheme" => "http",
        _ => Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).ToArray() is { Length: > 0 } values
            ? string.Join(',', values)
            : null,
    };

    internal string PathWithoutQuery => Path.Split('?', '#')[0];
}
