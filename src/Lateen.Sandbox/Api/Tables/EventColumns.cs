using System.Globalization;
using System.Text.Json;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>Events.</summary>
internal static class EventColumns
{
    public static IReadOnlyList<TableColumn> All { get; } =
    [
        new("Last Seen", "string", 0, (o, now) => LastSeen(o, now)),
        PrinterColumns.Text("Type", 0, o => o.Text("type")),
        PrinterColumns.Text("Reason", 0, o => o.Text("reason")),
        PrinterColumns.Text("Object", 0, Subject),
        PrinterColumns.Text("Subobject", 1, o => o.Text("involvedObject", "fieldPath")),
        PrinterColumns.Text("Source", 1, Source),
        PrinterColumns.Text("Message", 0, o => o.Text("message")?.Trim()),
        new("First Seen", "string", 1, (o, now) => HumanDuration.Since(First(o), now)),
        new("Count", "integer", 1, (o, _) => o.Number("count") ?? 1),
        PrinterColumns.Name with { Priority = 1 },
    ];

    private static string? First(JsonElement e) => e.Text("firstTimestamp") ?? e.Text("eventTime");

    private static string LastSeen(JsonElement e, DateTimeOffset now) =>
        HumanDuration.Since(e.Text("series", "lastObservedTime") ?? e.Text("lastTimestamp") ?? First(e), now);

    private static string Subject(JsonElement e)
    {
        var kind = e.Text("involvedObject", "kind") ?? "";
        return string.Create(CultureInfo.InvariantCulture, $"{kind.ToLowerInvariant()}/{e.Text("involvedObject", "name")}");
    }

    private static string Source(JsonElement e)
    {
        var component = e.Text("source", "component") ?? e.Text("reportingComponent") ?? "";
        return e.Text("source", "host") is { Length: > 0 } host ? $"{component}, {host}" : component;
    }
}
