using System.Text.Json.Nodes;

namespace Lateen.Inspection.ProxyConfig;

/// <summary>How a route's match is written in tables: <c>/prefix*</c>, <c>/path</c>, <c>regex R</c>; header matches are not shown.</summary>
internal static class RouteMatchText
{
    public static string Of(JsonObject route)
    {
        JsonObject match = route.Object("match") ?? [];
        List<string> parts = [];
        if (match.Field("prefix") is not null)
        {
            parts.Add(match.Text("prefix") + "*");
        }

        if (match.Field("path") is not null)
        {
            parts.Add(match.Text("path"));
        }

        if (match.Object("safeRegex") is { } regex)
        {
            parts.Add("regex " + regex.Text("regex"));
        }

        return string.Join(' ', parts);
    }
}
