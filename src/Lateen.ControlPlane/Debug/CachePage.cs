using System.Globalization;
using System.Text.Json.Nodes;
using Lateen.ControlPlane.Discovery;

namespace Lateen.ControlPlane.Debug;

/// <summary>/debug/cachez: the resources that are kept between pushes, by type.</summary>
internal static class CachePage
{
    private const string Units = "kMGTPE";

    public static DebugAnswer Of(ResourceCache cache, DebugQuery query)
    {
        if (query["clear"].Length > 0)
        {
            cache.Clear();
            return DebugAnswer.Plain("Cache cleared\n");
        }

        var byType = cache.Kept().GroupBy(resource => resource.TypeUrl).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        if (query["sizes"].Length == 0)
        {
            return DebugAnswer.Json(new JsonObject(byType.Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonArray([.. group
                .Select(resource => $"{resource.Name}/{resource.Version}").Order(StringComparer.Ordinal).Select(text => (JsonNode)text)])))));
        }

        var page = new JsonObject(byType.Select(group => KeyValuePair.Create(group.Key, (JsonNode?)Size(group.Sum(resource => (long)resource.Length)))));
        page["total"] = Size(byType.Sum(group => group.Sum(resource => (long)resource.Length)));
        return DebugAnswer.Json(page);
    }

    /// <summary>Bytes as Istio writes them: `999B`, `1.2kB`.</summary>
    internal static string Size(long bytes)
    {
        const int Step = 1000;
        if (bytes < Step)
        {
            return $"{bytes}B";
        }

        var (value, unit) = (bytes / (double)Step, 0);
        while (value >= Step)
        {
            (value, unit) = (value / Step, unit + 1);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.0}{Units[unit]}B");
    }
}
