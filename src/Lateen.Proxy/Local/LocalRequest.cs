using System.Net;

namespace Lateen.Proxy.Local;

/// <summary>A request to a local page.</summary>
/// <param name="Method">The method as sent, upper case.</param>
/// <param name="Target">Path with query, as sent.</param>
/// <param name="Headers">Names in lower case, in the order received.</param>
/// <param name="Body">The whole body; more than 1 MiB is refused with 413 before the handler is called.</param>
/// <param name="Remote">The peer.</param>
public sealed record LocalRequest(
    string Method,
    string Target,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    ReadOnlyMemory<byte> Body,
    IPEndPoint Remote)
{
    /// <summary>The target up to the question mark.</summary>
    public string Path => Target.IndexOf('?', StringComparison.Ordinal) is var mark && mark < 0 ? Target : Target[..mark];

    /// <summary>The target after the question mark, empty without one.</summary>
    public string Query => Target.IndexOf('?', StringComparison.Ordinal) is var mark && mark < 0 ? "" : Target[(mark + 1)..];

    /// <summary>The first value of a header, null when absent.</summary>
    public string? Header(string name)
    {
        foreach (KeyValuePair<string, string> header in Headers)
        {
            if (string.Equals(header.Key, name, StringComparison.OrdinalIgnoreCase))
            {
                return header.Value;
            }
        }
        return null;
    }
}
