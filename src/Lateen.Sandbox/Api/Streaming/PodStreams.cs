using System.Text.Json;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Serving;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Streaming;

/// <summary>The pod subresources log, exec, attach and portforward: checks the pod, then passes the request to its node.</summary>
internal sealed class PodStreams(ObjectStore store, NodeConnections nodes, NodePassage passage)
{
    public Task HandleAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var pod = store.Get(new ObjectKey("pods", request.Target.Namespace, request.Target.Name))
            ?? throw ApiException.NotFound("pods", request.Target.Name);
        var place = $"{pod.Key.Namespace}/{pod.Key.Name}";
        return (request.Target.Subresource, context.Request.Method) switch
        {
            ("log", "GET") => LogAsync(request, pod, context, cancel),
            ("exec", "GET" or "POST") => StreamAsync(pod, context, $"/exec/{place}/{Running(request, pod)}", cancel),
            ("attach", "GET" or "POST") => StreamAsync(pod, context, $"/attach/{place}/{Running(request, pod)}", cancel),
            ("portforward", "GET" or "POST") => StreamAsync(pod, context, $"/portForward/{place}", cancel),
            _ => throw ApiException.MethodNotAllowed(),
        };
    }

    private static string Node(StoredObject pod) => pod.Root.Text("spec", "nodeName") is { Length: > 0 } node
        ? node
        : throw ApiException.BadRequest($"pod {pod.Key.Name} does not have a host assigned");

    /// <summary>The container asked for, which has to exist; the only one when none is asked for.</summary>
    private static string Container(ApiRequest request, StoredObject pod)
    {
        var main = pod.Root.Items("spec", "containers").Select(c => c.Text("name")!).ToList();
        var init = pod.Root.Items("spec", "initContainers").Select(c => c.Text("name")!).ToList();
        if (request.Query.GetValueOrDefault("container") is { Length: > 0 } wanted)
        {
            return main.Contains(wanted) || init.Contains(wanted)
                ? wanted
                : throw ApiException.BadRequest($"container {wanted} is not valid for pod {pod.Key.Name}");
        }

        return main is [var only] && init.Count == 0 ? only
            : pod.Root.Text("metadata", "annotations", "kubectl.kubernetes.io/default-container") is { } chosen && main.Contains(chosen) ? chosen
            : throw ApiException.BadRequest(
                $"a container name must be specified for pod {pod.Key.Name}, choose one of: [{string.Join(' ', main)}]"
                + (init.Count == 0 ? "" : $" or one of the init containers: [{string.Join(' ', init)}]"));
    }

    private static string Running(ApiRequest request, StoredObject pod)
    {
        if (pod.Root.Text("status", "phase") is "Succeeded" or "Failed")
        {
            throw ApiException.BadRequest($"cannot exec into a container in a completed pod; current phase is {pod.Root.Text("status", "phase")}");
        }

        return Container(request, pod);
    }

    private async Task LogAsync(ApiRequest request, StoredObject pod, HttpContext context, CancellationToken cancel)
    {
        var container = Container(request, pod);
        if (Waiting(pod, container) is { } reason && !request.IsTrue("previous"))
        {
            throw ApiException.BadRequest($"container \"{container}\" in pod \"{pod.Key.Name}\" is waiting to start: {reason}");
        }

        var (host, port) = nodes.Locate(Node(pod));
        await passage.FetchAsync(host, port, $"/containerLogs/{pod.Key.Namespace}/{pod.Key.Name}/{container}{context.Request.QueryString}", context, cancel);
    }

    private Task StreamAsync(StoredObject pod, HttpContext context, string path, CancellationToken cancel)
    {
        var (host, port) = nodes.Locate(Node(pod));
        return passage.UpgradeAsync(host, port, path + context.Request.QueryString, context, cancel);
    }

    /// <summary>Why the container has not run yet; null when it has.</summary>
    private static string? Waiting(StoredObject pod, string container)
    {
        var status = pod.Root.Items("status", "containerStatuses").Concat(pod.Root.Items("status", "initContainerStatuses"))
            .FirstOrDefault(s => s.Text("name") == container);
        if (status.ValueKind != JsonValueKind.Object)
        {
            return "ContainerCreating";
        }

        return status.At("state", "waiting").ValueKind == JsonValueKind.Object && status.At("lastState", "terminated").ValueKind != JsonValueKind.Object
            ? status.Text("state", "waiting", "reason") ?? "ContainerCreating"
            : null;
    }
}
