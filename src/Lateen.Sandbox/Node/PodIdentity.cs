using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Node;

/// <summary>Who the processes of a container are (Kubernetes API, <c>PodSecurityContext</c> and <c>SecurityContext</c>; the container's wins).</summary>
internal static class PodIdentity
{
    // What container runtimes leave to a container that asks for nothing.
    private static readonly string[] Usual =
    [
        "chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service", "net_raw",
        "sys_chroot", "mknod", "audit_write", "setfcap",
    ];

    /// <summary>The identity of a container of a pod.</summary>
    /// <exception cref="NotReadyYetException">runAsNonRoot is set and the user would be root.</exception>
    public static ProcessIdentity Of(JsonObject pod, JsonObject container)
    {
        JsonNode? shared = pod.At("spec", "securityContext");
        JsonNode? own = container["securityContext"];
        long user = own.Number("runAsUser") ?? shared.Number("runAsUser") ?? 0;
        long group = own.Number("runAsGroup") ?? shared.Number("runAsGroup") ?? 0;
        bool nonRoot = own?["runAsNonRoot"] is null ? shared.Flag("runAsNonRoot") : own.Flag("runAsNonRoot");
        if (nonRoot && user == 0)
        {
            throw new NotReadyYetException(
                "CreateContainerConfigError",
                $"container has runAsNonRoot and image will run as root (pod: \"{ObjectKey.Of(pod)}\", container: {container.Text("name")})");
        }

        List<long> groups = [.. shared.At("supplementalGroups") is JsonArray list ? list.Select(item => item.Number() ?? 0) : []];
        if (shared.Number("fsGroup") is { } fsGroup)
        {
            groups.Add(fsGroup);
        }

        bool privileged = own.Flag("privileged");
        bool noNewPrivileges = own?["allowPrivilegeEscalation"] is not null && !own.Flag("allowPrivilegeEscalation");
        return new ProcessIdentity(user, group, [.. groups.Distinct()], privileged ? null : Capabilities(own), noNewPrivileges);
    }

    private static List<string> Capabilities(JsonNode? context)
    {
        List<string> dropped = [.. context.Texts("capabilities", "drop").Select(Name)];
        List<string> added = [.. context.Texts("capabilities", "add").Select(Name)];
        IEnumerable<string> kept = dropped.Contains("all") ? [] : Usual.Except(dropped);
        return [.. kept.Concat(added).Distinct()];
    }

    private static string Name(string capability)
    {
        string name = capability.ToLowerInvariant();
        return name.StartsWith("cap_", StringComparison.Ordinal) ? name[4..] : name;
    }
}
