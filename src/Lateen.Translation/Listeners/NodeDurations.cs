using System.Globalization;

namespace Lateen.Translation.Listeners;

/// <summary>Durations that a proxy's metadata sets.</summary>
internal static class NodeDurations
{
    /// <summary>IDLE_TIMEOUT, for instance `5s`; null when absent or not a duration.</summary>
    public static TimeSpan? IdleTimeout(ProxyContext context)
    {
        if (context.Proxy.Metadata.Find("IDLE_TIMEOUT") is not { Length: > 1 } text)
        {
            return null;
        }

        var (factor, length) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (0.001, 2),
            _ when text.EndsWith('s') => (1.0, 1),
            _ when text.EndsWith('m') => (60.0, 1),
            _ when text.EndsWith('h') => (3600.0, 1),
            _ => (0.0, 0),
        };
        return factor > 0 && double.TryParse(text.AsSpan(0, text.Length - length), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            ? TimeSpan.FromSeconds(value * factor)
            : null;
    }
}
