using System.Globalization;
using Lateen.Net.Sockets;

namespace Lateen.Proxy.Why;

/// <summary>Envoy's transport failure reasons in words: <c>delayed connect error: 111</c> is "connection refused".</summary>
internal static class ConnectErrors
{
    private const string Delayed = "delayed connect error: ", Immediate = "immediate connect error: ";

    public static string InWords(string reason)
    {
        if (reason.StartsWith(Delayed, StringComparison.Ordinal)
            && int.TryParse(reason.AsSpan(Delayed.Length), CultureInfo.InvariantCulture, out int errno))
        {
            return LibC.ErrorText(errno);
        }
        return reason.StartsWith(Immediate, StringComparison.Ordinal) ? reason[Immediate.Length..] : reason;
    }
}
