using System.Text;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>The text of <c>x describe service</c>, and the part about services in that of a pod.</summary>
public static class ServiceDescription
{
    private const string Sidecar = "istio-proxy";

    /// <param name="service">The service.</param>
    /// <param name="pods">The pods that it selects.</param>
    /// <param name="dump">The configuration of the proxy of one of them; null where none is fit, see <see cref="Chosen"/>.</param>
    /// <param name="mesh">The rest.</param>
    public static string Render(JsonObject service, IReadOnlyList<JsonObject> pods, ConfigDump? dump, DescribedMesh mesh)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(mesh);
        StringBuilder text = new();
        foreach (JsonObject pod in pods)
        {
            text.Append(WhyNot(pod, mesh));
        }

        JsonObject[] fit = [.. pods.Where(pod => WhyNot(pod, mesh).Length == 0)];
        if (fit.Length == 0 || dump is null)
        {
            return text.Append(pods.Count == 0
                ? $"Service \"{mesh.NameOf(service)}\" has no pods.\n"
                : $"Service \"{mesh.NameOf(service)}\" has no Istio pods.  ({pods.Count} pods in service).\n"
                    + "Use `lateen kube-inject` or redeploy with automatic sidecar injection.\n").ToString();
        }

        IReadOnlyDictionary<string, string>[] labels = [.. fit.Select(pod => pod.Labels())];
        Append(text, [service], fit[0], labels, dump, mesh);
        IngressDescription.Append(text, [service], labels, mesh);
        return text.ToString();
    }

    /// <summary>The pod whose proxy is asked: the first that runs and whose sidecar is ready; null for none.</summary>
    public static JsonObject? Chosen(IReadOnlyList<JsonObject> pods, DescribedMesh mesh) => pods.FirstOrDefault(pod => WhyNot(pod, mesh).Length == 0);

    /// <summary>The pods of a service.</summary>
    public static IReadOnlyList<JsonObject> PodsOf(JsonObject service, IEnumerable<JsonObject> pods)
    {
        IReadOnlyDictionary<string, string> selector = service.Spec().At("selector").Texts();
        return selector.Count == 0 ? [] : [.. pods.Where(pod => pod.Space() == service.Space() && pod.Labels().IsSelectedBy(selector))];
    }

    internal static void Append(
        StringBuilder text, IReadOnlyList<JsonObject> services, JsonObject pod, IReadOnlyList<IReadOnlyDictionary<string, string>> labels, ConfigDump dump, DescribedMesh mesh)
    {
        for (int i = 0; i < services.Count; i++)
        {
            text.Append(i > 0 ? DescribedMesh.Separator : "");
            Service(text, services[i], pod, mesh);
            JsonObject[] ports = [.. services[i].Spec().Objects("ports")];
            foreach (int port in ports.Select(port => port.Number("port")))
            {
                string prefix = ports.Length > 1 ? $"{port} " : "";
                RoutingDescription routing = RoutingDescription.Of(services[i], port, labels, dump, mesh);
                text.Append(routing.DestinationRule(prefix)).Append(routing.VirtualService(prefix));
                if (ProxyEvidence.Policies(dump) is { Count: > 0 } policies)
                {
                    text.Append($"{prefix}RBAC policies: {string.Join(", ", policies)}\n");
                }
            }
        }
    }

    private static void Service(StringBuilder text, JsonObject service, JsonObject pod, DescribedMesh mesh)
    {
        text.Append($"Service: {mesh.NameOf(service)}\n");
        foreach (JsonObject port in service.Spec().Objects("ports").Where(port => port.Text("protocol") == "TCP"))
        {
            string protocol = port.Text("name").Length == 0 && port.Text("appProtocol").Length == 0 ? "auto-detect" : mesh.ProtocolOf(port);
            text.Append(pod.PortBehind(port) is { } number
                ? $"   Port: {port.Text("name")} {port.Text("port")}/{protocol} targets pod port {number}\n"
                : $"   no suitable port for manifest: {pod.Name()}: no container has a port named {port.Text("targetPort")}\n");
        }
    }

    private static string WhyNot(JsonObject pod, DescribedMesh mesh)
    {
        JsonObject status = pod.At("status") ?? [];
        if (status.Text("phase") != "Running")
        {
            return $"   Pod is not Running ({status.Text("phase")})\n";
        }

        return status.Objects("containerStatuses").Concat(status.Objects("initContainerStatuses")).FirstOrDefault(s => s.Text("name") == Sidecar) switch
        {
            null => $"Pod {mesh.NameOf(pod)}: no container \"{Sidecar}\" in pod\n",
            { } sidecar when sidecar.Text("ready") != "true" => $"WARNING: Pod {mesh.NameOf(pod)} Container {Sidecar} NOT READY\n",
            _ => "",
        };
    }
}
