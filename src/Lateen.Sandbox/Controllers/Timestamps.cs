using System.Globalization;

namespace Lateen.Sandbox.Controllers;

/// <summary>Kubernetes timestamps: RFC 3339, UTC, whole seconds (<c>meta/v1 Time</c>).</summary>
internal static class Timestamps
{
    public static string Seconds(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Reads a timestamp; null when there is none.</summary>
    public static DateTimeOffset? Parse(string text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null;
}
