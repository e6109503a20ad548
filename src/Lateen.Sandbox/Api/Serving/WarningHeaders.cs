using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Sentences for the user of kubectl, as <c>Warning: 299 - "…"</c> (RFC 7234 5.5).</summary>
internal static class WarningHeaders
{
    private const int Limit = 20;
    private const int LengthLimit = 512;

    public static void Write(HttpResponse response, IEnumerable<string> warnings)
    {
        var lines = warnings.Distinct(StringComparer.Ordinal).Take(Limit).Select(text => $"299 - \"{Escape(text)}\"").ToArray();
        if (lines.Length > 0)
        {
            response.Headers.Warning = new StringValues(lines);
        }
    }

    private static string Escape(string text)
    {
        var shown = new string([.. text.Where(c => c is >= ' ' and <= '~').Take(LengthLimit)]);
        return shown.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
    }
}
