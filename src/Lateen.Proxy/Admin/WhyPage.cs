using Lateen.Proxy.Local;

namespace Lateen.Proxy.Admin;

/// <summary><c>/why</c>: the last requests and connections that did not go well, newest first, with a sentence each. Ours, not Envoy's.</summary>
internal static class WhyPage
{
    // A line begins with its time, so order by text is order by time.
    public static LocalResponse Answer(IEnumerable<string> lines) =>
        LocalResponse.Text(string.Concat(lines.OrderDescending(StringComparer.Ordinal).Select(l => l + "\n")) is { Length: > 0 } text
            ? text : "every request and connection so far went well\n");
}
