using System.Text;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>How services are reached from outside through the ingress gateway.</summary>
internal static class IngressDescription
{
    private const int HttpPort = 80;

    public static void Append(
        StringBuilder text, IReadOnlyList<JsonObject> services, IReadOnlyList<IReadOnlyDictionary<string, string>> labels, DescribedMesh mesh)
    {
        if (mesh.IngressGateways.Count == 0)
        {
            text.Append("Skipping Gateway information (no ingress gateway pods)\n");
            return;
        }

        (JsonObject gateway, ConfigDump dump) = mesh.IngressGateways[0];
        string address = Address(gateway, mesh);
        for (int i = 0; i < services.Count; i++)
        {
            foreach (int port in services[i].Spec().Objects("ports").Select(port => port.Number("port")))
            {
                RoutingDescription routing = RoutingDescription.Of(services[i], port, labels, dump, mesh);
                string routes = routing.VirtualService("");
                if (routing.HasRoutes)
                {
                    text.Append(i == 0 ? "\n" : DescribedMesh.Separator).Append($"\n{address}");
                }

                text.Append(routes);
            }
        }
    }

    private static string Address(JsonObject gateway, DescribedMesh mesh)
    {
        JsonObject? service = mesh.Services.FirstOrDefault(service =>
            service.Space() == gateway.Space() && service.Spec().At("selector").Texts() is { Count: > 0 } selector && gateway.Labels().IsSelectedBy(selector));
        string ip = service?.At("status", "loadBalancer")?.Objects("ingress").FirstOrDefault()?.Text("ip") is { Length: > 0 } balancer ? balancer
            : gateway.At("status")?.Text("hostIP") is { Length: > 0 } host ? host : "unknown";
        StringBuilder text = new();
        foreach (int port in (service?.Spec().Objects("ports") ?? []).Where(port => port.Text("name") == "http2").Select(port => port.Number("port")))
        {
            text.Append($"Exposed on Ingress Gateway http://{ip}{(port == HttpPort ? "" : $":{port}")}\n");
        }

        return text.ToString();
    }
}
