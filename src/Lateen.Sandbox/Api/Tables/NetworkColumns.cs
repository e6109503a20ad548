using System.Globalization;
using System.Text.Json;
using Lateen.Sandbox.Api.Objects;

namespace Lateen.Sandbox.Api.Tables;

/// <summary>Services and what stands behind them.</summary>
internal static class NetworkColumns
{
    private const int ShownEndpoints = 3;

    public static IReadOnlyList<TableColumn> Service { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("Type", 0, o => o.Text("spec", "type")),
        PrinterColumns.Text("Cluster-IP", 0, o => o.Text("spec", "clusterIP") is { Length: > 0 } ip ? ip : "<none>"),
        PrinterColumns.Text("External-IP", 0, ExternalIp),
        PrinterColumns.Text("Port(s)", 0, Ports),
        PrinterColumns.Age,
        PrinterColumns.Text("Selector", 1, o => PrinterColumns.Pairs(o.At("spec", "selector"))),
    ];

    public static IReadOnlyList<TableColumn> Endpoints { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("Endpoints", 0, o => Shorten([.. Addresses(o)])),
        PrinterColumns.Age,
    ];

    public static IReadOnlyList<TableColumn> EndpointSlice { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("AddressType", 0, o => o.Text("addressType")),
        PrinterColumns.Text("Ports", 0, o => Shorten([.. o.Items("ports").Select(p => p.Number("port")?.ToString(CultureInfo.InvariantCulture) ?? "*")], "<unset>")),
        PrinterColumns.Text("Endpoints", 0, o => Shorten([.. o.Items("endpoints").SelectMany(e => e.Items("addresses")).Select(a => a.GetString()!)], "<unset>")),
        PrinterColumns.Age,
    ];

    public static IReadOnlyList<TableColumn> Ingress { get; } =
    [
        PrinterColumns.Name,
        PrinterColumns.Text("Class", 0, o => o.Text("spec", "ingressClassName") ?? "<none>"),
        PrinterColumns.Text("Hosts", 0, o => string.Join(',', o.Items("spec", "rules").Select(r => r.Text("host") ?? "*")) is { Length: > 0 } hosts ? hosts : "*"),
        PrinterColumns.Text("Address", 0, o => string.Join(',', LoadBalancerAddresses(o))),
        PrinterColumns.Text("Ports", 0, o => o.Items("spec", "tls").Any() ? "80, 443" : "80"),
        PrinterColumns.Age,
    ];

    private static IEnumerable<string> LoadBalancerAddresses(JsonElement obj) =>
        obj.Items("status", "loadBalancer", "ingress").Select(i => i.Text("ip") ?? i.Text("hostname") ?? "").Where(a => a.Length > 0);

    private static string ExternalIp(JsonElement service)
    {
        var external = service.Items("spec", "externalIPs").Select(i => i.GetString()!).ToList();
        switch (service.Text("spec", "type"))
        {
            case "ExternalName":
                return service.Text("spec", "externalName") ?? "<none>";
            case "LoadBalancer":
                var all = LoadBalancerAddresses(service).Concat(external).ToList();
                return all.Count == 0 ? "<pending>" : string.Join(',', all);
            default:
                return external.Count == 0 ? "<none>" : string.Join(',', external);
        }
    }

    private static string Ports(JsonElement service)
    {
        var ports = service.Items("spec", "ports").Select(p => p.Number("nodePort") is { } node and > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{p.Number("port")}:{node}/{p.Text("protocol")}")
            : string.Create(CultureInfo.InvariantCulture, $"{p.Number("port")}/{p.Text("protocol")}"));
        return string.Join(',', ports) is { Length: > 0 } text ? text : "<none>";
    }

    private static IEnumerable<string> Addresses(JsonElement endpoints)
    {
        foreach (var subset in endpoints.Items("subsets"))
        {
            var ports = subset.Items("ports").Select(p => p.Number("port")).ToList();
            foreach (var address in subset.Items("addresses").Select(a => a.Text("ip")))
            {
                if (ports.Count == 0)
                {
                    yield return address ?? "";
                }

                foreach (var port in ports)
                {
                    yield return string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
                }
            }
        }
    }

    private static string Shorten(IReadOnlyList<string> items, string empty = "<none>") =>
        items.Count == 0 ? empty
            : items.Count <= ShownEndpoints ? string.Join(',', items)
            : string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', items.Take(ShownEndpoints))} + {items.Count - ShownEndpoints} more...");
}
