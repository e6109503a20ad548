using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>The columns under which people know each kind (the tables of <c>kubectl get</c>).</summary>
internal static class PrinterColumns
{
    private static readonly Dictionary<string, IReadOnlyList<TableColumn>> BuiltIn = new(StringComparer.Ordinal)
    {
        ["pods"] = PodColumns.All,
        ["deployments.apps"] = WorkloadColumns.Deployment,
        ["replicasets.apps"] = WorkloadColumns.ReplicaSet,
        ["statefulsets.apps"] = WorkloadColumns.StatefulSet,
        ["daemonsets.apps"] = WorkloadColumns.DaemonSet,
        ["jobs.batch"] = WorkloadColumns.Job,
        ["services"] = NetworkColumns.Service,
        ["endpoints"] = NetworkColumns.Endpoints,
        ["endpointslices.discovery.k8s.io"] = NetworkColumns.EndpointSlice,
        ["ingresses.networking.k8s.io"] = NetworkColumns.Ingress,
        ["nodes"] = NodeColumns.All,
        ["events"] = EventColumns.All,
        ["namespaces"] = [Name, Text("Status", 0, o => o.Text("status", "phase")), Age],
        ["configmaps"] = [Name, Number("Data", o => Count(o, "data") + Count(o, "binaryData")), Age],
        ["secrets"] = [Name, Text("Type", 0, o => o.Text("type")), Number("Data", o => Count(o, "data")), Age],
        ["serviceaccounts"] = [Name, Number("Secrets", o => o.Items("secrets").Count()), Age],
        ["mutatingwebhookconfigurations.admissionregistration.k8s.io"] = [Name, Number("Webhooks", o => o.Items("webhooks").Count()), Age],
        ["validatingwebhookconfigurations.admissionregistration.k8s.io"] = [Name, Number("Webhooks", o => o.Items("webhooks").Count()), Age],
        ["customresourcedefinitions.apiextensions.k8s.io"] = [Name, new("Created At", "date", 0, (o, _) => o.Text("metadata", "creationTimestamp"))],
        ["leases.coordination.k8s.io"] = [Name, Text("Holder", 0, o => o.Text("spec", "holderIdentity")), Age],
        ["roles.rbac.authorization.k8s.io"] = [Name, CreatedAt],
        ["clusterroles.rbac.authorization.k8s.io"] = [Name, CreatedAt],
        ["rolebindings.rbac.authorization.k8s.io"] = [Name, Role, Age],
        ["clusterrolebindings.rbac.authorization.k8s.io"] = [Name, Role, Age],
        ["poddisruptionbudgets.policy"] =
        [
            Name,
            Text("Min Available", 0, o => o.At("spec", "minAvailable") is { ValueKind: not JsonValueKind.Undefined } v ? v.ToString() : "N/A"),
            Text("Max Unavailable", 0, o => o.At("spec", "maxUnavailable") is { ValueKind: not JsonValueKind.Undefined } v ? v.ToString() : "N/A"),
            Number("Allowed Disruptions", o => o.Number("status", "disruptionsAllowed") ?? 0),
            Age,
        ],
        ["horizontalpodautoscalers.autoscaling"] =
        [
            Name,
            Text("Reference", 0, o => $"{o.Text("spec", "scaleTargetRef", "kind")}/{o.Text("spec", "scaleTargetRef", "name")}"),
            Text("Targets", 0, _ => "<unknown>"),
            Text("MinPods", 0, o => o.Number("spec", "minReplicas")?.ToString(CultureInfo.InvariantCulture) ?? "<unset>"),
            Number("MaxPods", o => o.Number("spec", "maxReplicas") ?? 0),
            Number("Replicas", o => o.Number("status", "currentReplicas") ?? 0),
            Age,
        ],
    };

    /// <summary>The name, as every table begins.</summary>
    public static TableColumn Name => new("Name", "string", 0, (o, _) => o.Text("metadata", "name")) { Format = "name" };

    /// <summary>The time since creation, as most tables end.</summary>
    public static TableColumn Age => new("Age", "string", 0, (o, now) => HumanDuration.Since(o.Text("metadata", "creationTimestamp"), now));

    private static TableColumn CreatedAt => new("Created At", "date", 0, (o, _) => o.Text("metadata", "creationTimestamp"));

    private static TableColumn Role => Text("Role", 0, o => $"{o.Text("roleRef", "kind")}/{o.Text("roleRef", "name")}");

    public static IReadOnlyList<TableColumn> For(ApiResource resource) =>
        resource.Custom is { } custom ? CustomColumns.Compile(custom.Columns)
            : BuiltIn.TryGetValue(resource.GroupResource, out var columns) ? columns
            : [Name, CreatedAt];

    public static TableColumn Text(string name, int priority, Func<JsonElement, string?> cell) =>
        new(name, "string", priority, (o, _) => cell(o) ?? "");

    public static TableColumn Number(string name, Func<JsonElement, long> cell) => new(name, "integer", 0, (o, _) => JsonValue.Create(cell(o)));

    /// <summary>Labels or a selector as <c>a=b,c=d</c>, or <c>&lt;none&gt;</c>.</summary>
    public static string Pairs(JsonElement map)
    {
        var text = map.ValueKind == JsonValueKind.Object ? string.Join(',', map.EnumerateObject().Select(p => $"{p.Name}={p.Value}").Order(StringComparer.Ordinal)) : "";
        return text.Length == 0 ? "<none>" : text;
    }

    private static int Count(JsonElement obj, string field) => obj.Fields(field).Count();
}
