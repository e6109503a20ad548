using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>A match of a VirtualService's HTTP route in words.</summary>
internal static class MatchText
{
    public static string Of(JsonObject match)
    {
        string text = "Match: ";
        if (match.At("uri") is { } uri)
        {
            text += Value(uri) + (match.Text("ignoreUriCase") == "true" ? " uncased" : "");
        }

        if (match.At("headers") is { Count: > 0 } headers)
        {
            text += " when headers are " + string.Join("; ", headers.Select(header => $"{header.Key}={Value(header.Value as JsonObject ?? [])}"));
        }

        return text.Trim();
    }

    public static string OfAll(IReadOnlyList<JsonObject> matches) => matches.Count == 0 ? "everything" : string.Join(", ", matches.Select(Of));

    private static string Value(JsonObject match) =>
        match.Field("exact") is { } exact ? exact.ToString()
        : match.Field("prefix") is { } prefix ? prefix + "*"
        : match.Field("regex") is { } regex ? $"regex:\"{regex}\"" : "";
}
