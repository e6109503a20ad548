using System.Globalization;
using System.Text.Json;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>Kinds that make pods.</summary>
internal static class WorkloadColumns
{
    public static IReadOnlyList<TableColumn> Deployment { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("Ready", 0, ReadyOfWanted),
        PrinterColumns.Number("Up-to-date", o => o.Number("status", "updatedReplicas") ?? 0),
        PrinterColumns.Number("Available", o => o.Number("status", "availableReplicas") ?? 0),
        PrinterColumns.Age,
        Containers,
        Images,
        Selector,
    ];

    public static IReadOnlyList<TableColumn> ReplicaSet { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Number("Desired", o => o.Number("spec", "replicas") ?? 0),
        PrinterColumns.Number("Current", o => o.Number("status", "replicas") ?? 0),
        PrinterColumns.Number("Ready", o => o.Number("status", "readyReplicas") ?? 0),
        PrinterColumns.Age,
        Containers,
        Images,
        Selector,
    ];

    public static IReadOnlyList<TableColumn> StatefulSet { get; } =
        [PrinterColumns.Name, PrinterColumns.Text("Ready", 0, ReadyOfWanted), PrinterColumns.Age, Containers, Images];

    public static IReadOnlyList<TableColumn> DaemonSet { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Number("Desired", o => o.Number("status", "desiredNumberScheduled") ?? 0),
        PrinterColumns.Number("Current", o => o.Number("status", "currentNumberScheduled") ?? 0),
        PrinterColumns.Number("Ready", o => o.Number("status", "numberReady") ?? 0),
        PrinterColumns.Number("Up-to-date", o => o.Number("status", "updatedNumberScheduled") ?? 0),
        PrinterColumns.Number("Available", o => o.Number("status", "numberAvailable") ?? 0),
        PrinterColumns.Text("Node Selector", 0, o => PrinterColumns.Pairs(o.At("spec", "template", "spec", "nodeSelector"))),
        PrinterColumns.Age,
        Containers,
        Images,
        Selector,
    ];

    public static IReadOnlyList<TableColumn> Job { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("Completions", 0, o => $"{o.Number("status", "succeeded") ?? 0}/{o.Number("spec", "completions") ?? 1}"),
        PrinterColumns.Text("Duration", 0, _ => ""),
        PrinterColumns.Age,
        Containers,
        Images,
        Selector,
    ];

    private static TableColumn Containers => PrinterColumns.Text("Containers", 1, o => Template(o, "name"));

    private static TableColumn Images => PrinterColumns.Text("Images", 1, o => Template(o, "image"));

    private static TableColumn Selector => PrinterColumns.Text("Selector", 1, o => PrinterColumns.Pairs(o.At("spec", "selector", "matchLabels")));

    private static string Template(JsonElement obj, string field) =>
        string.Join(',', obj.Items("spec", "template", "spec", "containers").Select(c => c.Text(field)));

    private static string ReadyOfWanted(JsonElement obj) =>
        string.Create(CultureInfo.InvariantCulture, $"{obj.Number("status", "readyReplicas") ?? 0}/{obj.Number("spec", "replicas") ?? 0}");
}
