using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.Injection.GoTemplate;
using Lateen.Injection.Pods;
using Lateen.Injection.Policy;

namespace Lateen.Injection.Probes;

/// <summary>Sends the kubelet's probes to the sidecar's agent, which asks the application in the pod itself.</summary>
/// <remarks>
/// The kubelet has no mesh identity, so its own requests would not pass strict mTLS. Source: Istio, "Health Checking of Istio
/// Services". Handlers of lifecycle hooks stay as they are.
/// </remarks>
internal static class ProbeRewrite
{
    private const string Environment = "ISTIO_KUBE_APP_PROBERS";
    private static readonly (string Field, string Path)[] Kinds =
        [("readinessProbe", "readyz"), ("livenessProbe", "livez"), ("startupProbe", "startupz")];

    /// <summary>Changes the probes of the pod and tells the sidecar what they were.</summary>
    /// <param name="pod">The pod; changed.</param>
    /// <param name="values">Values of the templates: the setting where the pod says nothing.</param>
    /// <param name="meshStatusPort">The agent's port where the pod says nothing.</param>
    /// <param name="rewriteTcp">False leaves probes of TCP ports alone; then they succeed as soon as the sidecar listens.</param>
    public static void Apply(JsonObject pod, JsonNode? values, int meshStatusPort, bool rewriteTcp)
    {
        var wanted = AnnotationRules.ParseBool(PodParts.Annotation(pod, "sidecar.istio.io/rewriteAppHTTPProbers"))
            ?? PodParts.IsTrue(PodParts.At(values, "sidecarInjectorWebhook", "rewriteAppHTTPProbe"));
        var port = int.TryParse(PodParts.Annotation(pod, "status.sidecar.istio.io/port"), out var own) ? own : meshStatusPort;
        // A status port of 0 says that the agent serves nothing, so there is nowhere to send a probe.
        if (!wanted || port == 0 || PodParts.FindProxy(pod) is not { } proxy)
        {
            return;
        }

        var probers = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var container in Applications(pod))
        {
            foreach (var (field, path) in Kinds)
            {
                if (container[field] is JsonObject probe && (rewriteTcp || probe["tcpSocket"] is null))
                {
                    var at = $"/app-health/{PodParts.Name(container)}/{path}";
                    if (Describe(probe, container, meshStatusPort) is { } prober)
                    {
                        probers[at] = prober;
                    }

                    Redirect(probe, at, port);
                }
            }
        }

        Remember(pod, proxy, probers);
    }

    private static IEnumerable<JsonObject> Applications(JsonObject pod) => PodParts.Containers(pod)
        .Concat(PodParts.Containers(pod, "initContainers"))
        .Where(container => PodParts.Name(container) != PodParts.Proxy);

    /// <summary>What the agent must ask; null where there is nothing to ask or the probe points to the agent already.</summary>
    private static JsonObject? Describe(JsonObject probe, JsonObject container, int statusPort)
    {
        var prober = new JsonObject();
        if (probe["httpGet"] is JsonObject http)
        {
            if (ContainerPorts.Resolve(http["port"], container) is not { } port || port == statusPort)
            {
                return null;
            }

            prober["httpGet"] = Action(http, port, "path", "port", "host", "scheme", "httpHeaders");
        }
        else if (probe["tcpSocket"] is JsonObject tcp)
        {
            if (ContainerPorts.Resolve(tcp["port"], container) is not { } port || port == statusPort)
            {
                return null;
            }

            prober["tcpSocket"] = Action(tcp, port, "port", "host");
        }
        else if (probe["grpc"] is JsonObject grpc)
        {
            prober["grpc"] = Action(grpc, PodParts.Whole(grpc["port"]), "port");
            prober["grpc"]!["service"] = grpc["service"]?.DeepClone();
        }
        else
        {
            return null;
        }

        if (PodParts.Whole(probe["timeoutSeconds"]) is var seconds and not 0)
        {
            prober["timeoutSeconds"] = seconds;
        }

        return prober;
    }

    private static JsonObject Action(JsonObject given, int port, params ReadOnlySpan<string> fields)
    {
        var action = new JsonObject();
        foreach (var field in fields)
        {
            if (field == "port")
            {
                action[field] = port;
            }
            else if (given.TryGetPropertyValue(field, out var value) && value is not null)
            {
                action[field] = value.DeepClone();
            }
        }

        return action;
    }

    private static void Redirect(JsonObject probe, string path, int port)
    {
        if (probe["httpGet"] is JsonObject http)
        {
            if (PodParts.Text(http["scheme"]) == "HTTPS")
            {
                http["scheme"] = "HTTP";
            }

            http["path"] = path;
            http["port"] = port;
        }
        else if (probe.Remove("tcpSocket") || probe.Remove("grpc"))
        {
            probe["httpGet"] = new JsonObject { ["path"] = path, ["port"] = port };
        }
    }

    // A pod that was injected before has its real probes only in the environment of then.
    private static void Remember(JsonObject pod, JsonObject proxy, SortedDictionary<string, JsonNode?> probers)
    {
        if (probers.Count == 0)
        {
            return;
        }

        if (PodParts.Annotation(pod, InjectionStatus.Annotation) is not null
            && ProxyEnvironment.Read(proxy, Environment) is { } previous && Parse(previous) is { } known)
        {
            foreach (var (path, prober) in known)
            {
                probers.TryAdd(path, prober?.DeepClone());
            }

            ProxyEnvironment.Set(proxy, Environment, GoJson.Write(new JsonObject(probers)));
            return;
        }

        ProxyEnvironment.Append(proxy, Environment, GoJson.Write(new JsonObject(probers)));
    }

    private static JsonObject? Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
