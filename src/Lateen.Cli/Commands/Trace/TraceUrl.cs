using System.Net;
using Lateen.Inspection.Trace;

namespace Lateen.Cli.Commands.Trace;

/// <summary>The request that the command line describes.</summary>
/// <param name="Summary">The request in a few words.</param>
/// <param name="Host">Where it goes.</param>
/// <param name="Port">At which port.</param>
/// <param name="Protocol">What the application sends.</param>
/// <param name="Http">The request; null for tcp://.</param>
internal sealed record TraceUrl(string Summary, string Host, int Port, TracedProtocol Protocol, TracedRequest? Http)
{
    private const int HttpPort = 80;
    private const int HttpsPort = 443;

    /// <exception cref="CommandException">The URL or a header can not be read.</exception>
    public static TraceUrl Parse(string text, string method, IReadOnlyList<string> headers)
    {
        string complete = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        if (!Uri.TryCreate(complete, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https" or "tcp") || uri.Host.Length == 0)
        {
            throw new CommandException($"{text}: not a URL; write http://HOST[:PORT][/PATH], https://HOST or tcp://HOST:PORT");
        }

        if (uri.Scheme == "tcp")
        {
            return uri.Port > 0
                ? new TraceUrl($"A TCP connection to {uri.Host}:{uri.Port}", uri.Host, uri.Port, TracedProtocol.Tcp, null)
                : throw new CommandException($"{text}: tcp:// needs a port");
        }

        bool tls = uri.Scheme == "https";
        KeyValuePair<string, string>[] given = [.. headers.Select(Header)];
        string authority = given.Where(h => h.Key.Equals("host", StringComparison.OrdinalIgnoreCase)).Select(h => h.Value).FirstOrDefault() ?? uri.Authority;
        TracedRequest request = new(method, authority, uri.PathAndQuery, [.. given.Where(h => !h.Key.Equals("host", StringComparison.OrdinalIgnoreCase))]);
        int port = uri.Port > 0 ? uri.Port : tls ? HttpsPort : HttpPort;
        return new TraceUrl($"{method} {uri.Scheme}://{authority}{uri.PathAndQuery}", uri.Host, port, tls ? TracedProtocol.Tls : TracedProtocol.Http, request);
    }

    public TraceStart At(IPEndPoint destination) => new(Protocol, destination, Protocol == TracedProtocol.Tls ? Host : "", Http);

    private static KeyValuePair<string, string> Header(string text)
    {
        string[] parts = text.Split(':', 2);
        return parts.Length == 2 && parts[0].Trim().Length > 0
            ? KeyValuePair.Create(parts[0].Trim(), parts[1].Trim())
            : throw new CommandException($"-H {text}: not a header; write 'name: value'");
    }
}
