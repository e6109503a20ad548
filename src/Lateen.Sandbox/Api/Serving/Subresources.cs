using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Streaming;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>The subresources that change an object in their own way: binding, eviction, scale, finalize.</summary>
internal sealed class Subresources(ObjectStore store, ResourceVerbs verbs, ObjectWriter writer, ObjectDeleter deleter, PodStreams streams, PodProxy proxy)
{
    public async Task HandleAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        switch (request.Target.Subresource, context.Request.Method)
        {
            case ("status" or "ephemeralcontainers", "GET" or "PUT" or "PATCH"):
            case ("finalize", "PUT"):
                await verbs.HandleAsync(request, context, cancel);
                break;
            case ("binding", "POST"):
                await BindAsync(request, await BodyAsync(context, cancel), context, cancel);
                break;
            case ("eviction", "POST"):
                await EvictAsync(request, await BodyAsync(context, cancel), context, cancel);
                break;
            case ("scale", "GET" or "PUT" or "PATCH"):
                await ScaleAsync(request, context, cancel);
                break;
            case ("log" or "exec" or "attach" or "portforward", _):
                await streams.HandleAsync(request, context, cancel);
                break;
            case ("proxy", _) when request.Resource.Kind is "Pod" or "Service":
                await proxy.HandleAsync(request, context, cancel);
                break;
            default:
                throw ApiException.MethodNotAllowed();
        }
    }

    private static async Task<JsonObject> BodyAsync(HttpContext context, CancellationToken cancel) =>
        RequestBody.ParseObject(await RequestBody.ReadAsync(context.Request, cancel), context.Request.ContentType);

    /// <summary>A scheduler's decision: writes the node into the pod, once.</summary>
    private async Task BindAsync(ApiRequest request, JsonObject binding, HttpContext context, CancellationToken cancel)
    {
        var node = binding.Obj("target").Str("name") ?? throw ApiException.BadRequest("target.name is required");
        await writer.ChangeAsync(request, pod =>
        {
            if (pod.Obj("spec").Str("nodeName") is { Length: > 0 } taken)
            {
                throw ApiException.Conflict("pods/binding", request.Target.Name, $"pod {request.Target.Name} is already assigned to node \"{taken}\"");
            }

            pod.Ensure("spec")["nodeName"] = node;
            var status = pod.Ensure("status");
            if (status.Arr("conditions") is not { } conditions)
            {
                status["conditions"] = conditions = [];
            }

            if (!conditions.Any(c => c.Str("type") == "PodScheduled"))
            {
                conditions.Add((JsonNode)new JsonObject { ["type"] = "PodScheduled", ["status"] = "True" });
            }

            return pod;
        }, cancel);
        await JsonResponse.WriteAsync(context, 201, Success(), cancel);
    }

    private async Task EvictAsync(ApiRequest request, JsonObject eviction, HttpContext context, CancellationToken cancel)
    {
        await deleter.DeleteAsync(request, request.Target.Namespace, request.Target.Name, eviction.Obj("deleteOptions") ?? [], cancel);
        await JsonResponse.WriteAsync(context, 201, Success(), cancel);
    }

    private static JsonObject Success() => new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["code"] = 201 };

    private async Task ScaleAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var key = new ObjectKey(request.Resource.GroupResource, request.Target.Namespace, request.Target.Name);
        var current = store.Get(key) ?? throw ApiException.NotFound(request.Resource.GroupResource, key.Name);
        if (context.Request.Method == "GET")
        {
            await JsonResponse.WriteAsync(context, 200, ScaleOf(ObjectJson.Thaw(current)), cancel);
            return;
        }

        var body = RequestBody.ParseNode(await RequestBody.ReadAsync(context.Request, cancel));
        var stored = await writer.ChangeAsync(request, obj =>
        {
            var before = ScaleOf(obj);
            var wanted = context.Request.Method == "PUT" ? body
                : body is JsonArray operations ? Patching.JsonPatch.Apply(before, operations)
                : Patching.JsonMergePatch.Apply(before, body);
            if (wanted.Obj("metadata").Str("resourceVersion") is { Length: > 0 } version)
            {
                obj.Ensure("metadata")["resourceVersion"] = version;
            }

            obj.Ensure("spec")["replicas"] = wanted.Obj("spec").Num("replicas") ?? 0;
            return obj;
        }, cancel);
        await JsonResponse.WriteAsync(context, 200, ScaleOf(ObjectJson.Thaw(stored)), cancel);
    }

    /// <summary>autoscaling/v1 Scale as a view of the object.</summary>
    private static JsonObject ScaleOf(JsonObject obj)
    {
        var metadata = obj.Obj("metadata");
        var labels = obj.Obj("spec").Obj("selector").Obj("matchLabels") ?? obj.Obj("spec").Obj("selector");
        var selector = string.Join(',', labels?.Where(l => l.Value is JsonValue).Select(l => $"{l.Key}={l.Value}") ?? []);
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = metadata.Str("name"),
                ["namespace"] = metadata.Str("namespace"),
                ["uid"] = metadata.Str("uid"),
                ["resourceVersion"] = metadata.Str("resourceVersion"),
                ["creationTimestamp"] = metadata.Str("creationTimestamp"),
            },
            ["spec"] = new JsonObject { ["replicas"] = obj.Obj("spec").Num("replicas") ?? 0 },
            ["status"] = new JsonObject { ["replicas"] = obj.Obj("status").Num("replicas") ?? 0, ["selector"] = selector },
        };
    }
}
