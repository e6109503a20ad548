using System.Text.Json.Nodes;

namespace Lateen.Injection.Pods;

/// <summary>Keeps user and group of the sidecar and of the rules that spare its traffic the same, where a person chose another user.</summary>
/// <remarks>The rules let pass what the sidecar's user sends (<c>-u</c>); another user would send the sidecar's traffic back into the sidecar.</remarks>
internal static class ProxyUser
{
    public static void Apply(JsonObject pod, JsonObject original, JsonObject proxyConfig)
    {
        var own = PodParts.FindProxy(original)?["securityContext"] as JsonObject;
        var init = PodParts.Find(pod, "initContainers", PodParts.Init) ?? PodParts.Find(pod, "initContainers", PodParts.Validation);
        if (own is null || init is null || (own["runAsUser"] is null && own["runAsGroup"] is null))
        {
            return;
        }

        // TPROXY needs the sidecar to be root: a mark on its sockets takes the place of its user.
        var isTproxy = (PodParts.Annotation(pod, "sidecar.istio.io/interceptionMode") ?? PodParts.Text(proxyConfig["interceptionMode"])) == "TPROXY";
        if (isTproxy && own["runAsUser"] is not null && PodParts.FindProxy(pod) is { } proxy)
        {
            PodParts.Object(proxy, "securityContext")["runAsUser"] = 0;
        }

        if (PodParts.Name(init) == PodParts.Validation)
        {
            var context = PodParts.Object(init, "securityContext");
            Copy(isTproxy ? null : own["runAsUser"], context, "runAsUser");
            Copy(own["runAsGroup"], context, "runAsGroup");
        }

        if (own["runAsUser"] is { } user && init["args"] is JsonArray arguments)
        {
            var flag = arguments.ToList().FindIndex(argument => PodParts.Text(argument) == "-u");
            if (flag >= 0 && flag + 1 < arguments.Count)
            {
                arguments[flag + 1] = user.ToJsonString();
            }
        }
    }

    private static void Copy(JsonNode? value, JsonObject into, string name)
    {
        if (value is not null)
        {
            into[name] = value.DeepClone();
        }
    }
}
