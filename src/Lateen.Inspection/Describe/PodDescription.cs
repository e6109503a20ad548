using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Describe;

/// <summary>The text of <c>x describe pod</c>: what of the mesh's configuration concerns a pod.</summary>
public static class PodDescription
{
    private const string Sidecar = "istio-proxy";
    private const string ProxyUser = "1337";
    private const string Requirements = "https://istio.io/latest/docs/ops/deployment/application-requirements/";

    /// <param name="pod">The pod.</param>
    /// <param name="dump">Its proxy's configuration; null where it has none that is asked for.</param>
    /// <param name="mesh">The rest.</param>
    /// <param name="ignoreUnmeshed">Leaves out warnings of pods without a sidecar.</param>
    public static string Render(JsonObject pod, ConfigDump? dump, DescribedMesh mesh, bool ignoreUnmeshed)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(mesh);
        StringBuilder text = new();
        Pod(text, pod, mesh, ignoreUnmeshed);
        JsonObject[] services = [.. ServicesOf(pod, mesh)];
        if (services.Length == 0 && !ignoreUnmeshed)
        {
            text.Append($"Warning: No Kubernetes Services select pod {mesh.NameOf(pod)} (see {Requirements} )\n");
        }

        text.Append(DescribedMesh.Separator);
        if (dump is not null)
        {
            ServiceDescription.Append(text, services, pod, [pod.Labels()], dump, mesh);
        }

        text.Append(DescribedMesh.Separator);
        PeerAuthenticationDescription.Append(text, pod, mesh);
        IngressDescription.Append(text, services, [pod.Labels()], mesh);
        return text.ToString();
    }

    /// <summary>Whether the pod has a sidecar.</summary>
    public static bool IsMeshed(JsonObject pod)
    {
        ArgumentNullException.ThrowIfNull(pod);

        // Native sidecars stand among the init containers.
        return pod.Spec().Objects("containers").Concat(pod.Spec().Objects("initContainers")).Any(container => container.Text("name") == Sidecar);
    }

    private static IEnumerable<JsonObject> ServicesOf(JsonObject pod, DescribedMesh mesh) => mesh.Services.Where(service =>
        service.Space() == pod.Space() && service.Spec().At("selector").Texts() is { Count: > 0 } selector && pod.Labels().IsSelectedBy(selector));

    private static void Pod(StringBuilder text, JsonObject pod, DescribedMesh mesh, bool ignoreUnmeshed)
    {
        string name = mesh.NameOf(pod);
        JsonObject[] containers = [.. pod.Spec().Objects("containers")];
        foreach (JsonObject _ in containers.Where(c => c.Text("name") != Sidecar && c.At("securityContext")?.Text("runAsUser") == ProxyUser))
        {
            text.Append($"WARNING: User ID (UID) {ProxyUser} is reserved for the sidecar proxy.\n");
        }

        text.Append($"Pod: {name}\n   Pod Revision: {Revision(pod)}\n");
        string[] ports = [.. containers.SelectMany(c => c.Objects("ports").Select(p =>
            $"{p.Text("containerPort")}{(p.Text("protocol") is "" or "TCP" ? "" : "/" + p.Text("protocol"))} ({c.Text("name")})"))];
        text.Append(ports.Length > 0 ? $"   Pod Ports: {string.Join(", ", ports)}\n" : "   Pod does not expose ports\n");
        string phase = pod.At("status")?.Text("phase") ?? "";
        if (phase != "Running")
        {
            text.Append($"   Pod is not Running ({phase})\n");
            return;
        }

        foreach (JsonObject status in pod.At("status")!.Objects("containerStatuses").Where(IsNotReady))
        {
            text.Append($"WARNING: Pod {name} Container {status.Text("name")} NOT READY\n");
        }

        foreach (JsonObject status in pod.At("status")!.Objects("initContainerStatuses").Where(IsNotReady))
        {
            text.Append($"WARNING: Pod {name} Init Container {status.Text("name")} NOT READY\n");
        }

        if (!ignoreUnmeshed)
        {
            Meshed(text, pod, name);
        }
    }

    private static void Meshed(StringBuilder text, JsonObject pod, string name)
    {
        if (!IsMeshed(pod))
        {
            text.Append($"WARNING: {name} is not part of mesh; no Istio sidecar\n");
            return;
        }

        if (pod.Spec().At("securityContext")?.Text("runAsUser") == ProxyUser)
        {
            text.Append($"   WARNING: User ID (UID) {ProxyUser} is reserved for the sidecar proxy.\n");
        }

        IReadOnlyDictionary<string, string> labels = pod.Labels();
        if (!HasAny(labels, "service.istio.io/canonical-name", "app.kubernetes.io/name", "app"))
        {
            text.Append($"Suggestion: add required service name label for Istio telemetry. See {Requirements}.\n");
        }

        if (!HasAny(labels, "service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"))
        {
            text.Append($"Suggestion: add required service revision label for Istio telemetry. See {Requirements}.\n");
        }
    }

    private static bool HasAny(IReadOnlyDictionary<string, string> labels, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (labels.TryGetValue(name, out string? value) && value.Length > 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsNotReady(JsonObject status) => status.Text("ready") != "true";

    // What the injector wrote on the pod.
    private static string Revision(JsonObject pod)
    {
        IReadOnlyDictionary<string, string> annotations = pod.At("metadata", "annotations").Texts();
        if (annotations.TryGetValue("istio.io/rev", out string? revision))
        {
            return revision;
        }

        try
        {
            return annotations.TryGetValue("sidecar.istio.io/status", out string? status) && JsonNode.Parse(status) is JsonObject fields ? fields.Text("revision") : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
