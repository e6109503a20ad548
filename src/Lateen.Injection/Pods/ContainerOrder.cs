using System.Text.Json.Nodes;

namespace Lateen.Injection.Pods;

/// <summary>Where injected containers stand among the pod's own.</summary>
/// <remarks>
/// Kubernetes starts containers in order and waits for a postStart hook, so a sidecar that applications wait for comes first; else it is
/// last, and commands that take "the first container" go on meaning the application. Rules are written after the pod's own
/// init containers, which have no sidecar yet; checked (CNI) before them. A native sidecar runs from the start.
/// </remarks>
internal static class ContainerOrder
{
    public static void Apply(JsonObject pod, bool holdApplication)
    {
        Move(pod, "containers", PodParts.Proxy, first: holdApplication);
        if (PodParts.Find(pod, "initContainers", PodParts.Proxy) is not null)
        {
            Move(pod, "initContainers", PodParts.CoreDump, first: true);
            Move(pod, "initContainers", PodParts.Proxy, first: true);
            Move(pod, "initContainers", PodParts.Validation, first: true);
            Move(pod, "initContainers", PodParts.Init, first: true);
            return;
        }

        Move(pod, "initContainers", PodParts.Validation, first: true);
        Move(pod, "initContainers", PodParts.Init, first: false);
        Move(pod, "initContainers", PodParts.CoreDump, first: false);
    }

    private static void Move(JsonObject pod, string list, string name, bool first)
    {
        if (PodParts.Find(pod, list, name) is { } container)
        {
            var items = pod["spec"]![list]!.AsArray();
            items.Remove(container);
            items.Insert(first ? 0 : items.Count, container);
        }
    }
}
