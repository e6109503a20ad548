using System.Text.Json;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>Nodes.</summary>
internal static class NodeColumns
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static IReadOnlyList<TableColumn> All { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("Status", 0, Status),
        PrinterColumns.Text("Roles", 0, Roles),
        PrinterColumns.Age,
        PrinterColumns.Text("Version", 0, o => o.Text("status", "nodeInfo", "kubeletVersion")),
        PrinterColumns.Text("Internal-IP", 1, o => Address(o, "InternalIP")),
        PrinterColumns.Text("External-IP", 1, o => Address(o, "ExternalIP")),
        PrinterColumns.Text("OS-Image", 1, o => Known(o.Text("status", "nodeInfo", "osImage"))),
        PrinterColumns.Text("Kernel-Version", 1, o => Known(o.Text("status", "nodeInfo", "kernelVersion"))),
        PrinterColumns.Text("Container-Runtime", 1, o => Known(o.Text("status", "nodeInfo", "containerRuntimeVersion"))),
    ];

    private static string Status(JsonElement node)
    {
        var ready = node.Items("status", "conditions").Where(c => c.Text("type") == "Ready").Select(c => c.Text("status")).FirstOrDefault();
        var text = ready switch { "True" => "Ready", null => "Unknown", _ => "NotReady" };
        return node.IsTrue("spec", "unschedulable") ? text + ",SchedulingDisabled" : text;
    }

    private static string Roles(JsonElement node)
    {
        var roles = node.Fields("metadata", "labels").Where(l => l.Name.StartsWith(RolePrefix, StringComparison.Ordinal))
            .Select(l => l.Name[RolePrefix.Length..]).Order(StringComparer.Ordinal);
        return string.Join(',', roles) is { Length: > 0 } text ? text : "<none>";
    }

    private static string Address(JsonElement node, string type) =>
        node.Items("status", "addresses").Where(a => a.Text("type") == type).Select(a => a.Text("address")).FirstOrDefault() ?? "<none>";

    private static string Known(string? text) => string.IsNullOrEmpty(text) ? "<unknown>" : text;
}
