using System.Text.Json.Nodes;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Patching;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Carries out the verbs on objects and their status.</summary>
internal sealed class ResourceVerbs(ObjectStore store, ObjectReader reader, ObjectWriter writer, ObjectDeleter deleter, WatchServing watches, Bootstrap bootstrap, ServerSideApply applies)
{
    public async Task HandleAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var target = request.Target;
        switch (context.Request.Method)
        {
            case "GET" when request.IsTrue("watch"):
                await watches.WatchAsync(request, context, cancel);
                break;
            case "GET" when target.Name.Length == 0:
                await reader.ListAsync(request, context, cancel);
                break;
            case "GET" or "HEAD":
                await reader.WriteAsync(request, reader.Get(request), context, 200, cancel);
                break;
            case "POST" when target.Name.Length == 0:
                var created = await writer.CreateAsync(request, await BodyAsync(context, cancel), cancel);
                await FurnishAsync(request, created, cancel);
                await WriteAsync(request, created, context, 201, cancel);
                break;
            case "PUT" when target.Name.Length > 0:
                var replaced = await writer.ReplaceAsync(request, await BodyAsync(context, cancel), cancel);
                await WriteAsync(request, replaced, context, 200, cancel);
                break;
            case "PATCH" when target.Name.Length > 0:
                await PatchAsync(request, context, cancel);
                break;
            case "DELETE" when target.Name.Length == 0:
                await DeleteCollectionAsync(request, context, cancel);
                break;
            case "DELETE":
                await DeleteAsync(request, context, cancel);
                break;
            default:
                throw ApiException.MethodNotAllowed();
        }
    }

    /// <summary>The object, after the warnings that it gave rise to.</summary>
    public Task WriteAsync(ApiRequest request, StoredObject obj, HttpContext context, int status, CancellationToken cancel)
    {
        WarningHeaders.Write(context.Response, request.Warnings);
        return reader.WriteAsync(request, obj, context, status, cancel);
    }

    private static async Task<JsonObject> BodyAsync(HttpContext context, CancellationToken cancel) =>
        RequestBody.ParseObject(await RequestBody.ReadAsync(context.Request, cancel), context.Request.ContentType);

    private Task FurnishAsync(ApiRequest request, StoredObject created, CancellationToken cancel) =>
        request.Resource.GroupResource == "namespaces" && !request.DryRun ? bootstrap.FurnishAsync(created.Key.Name, cancel) : Task.CompletedTask;

    private async Task PatchAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var body = await RequestBody.ReadAsync(context.Request, cancel);
        var type = (context.Request.ContentType ?? "").Split(';')[0].Trim();
        if (type == "application/apply-patch+yaml")
        {
            var (applied, isNew) = await applies.ApplyAsync(request, RequestBody.ParseObject(body, type), cancel);
            if (isNew)
            {
                await FurnishAsync(request, applied, cancel);
            }

            await WriteAsync(request, applied, context, isNew ? 201 : 200, cancel);
            return;
        }

        var patch = RequestBody.ParseNode(body);
        Func<JsonObject, JsonObject> change = (type, patch) switch
        {
            ("application/json-patch+json", JsonArray operations) => current => AsObject(JsonPatch.Apply(current, operations)),
            ("application/merge-patch+json", JsonObject) => current => AsObject(JsonMergePatch.Apply(current, patch)),
            ("application/strategic-merge-patch+json", JsonObject changes) when request.Resource.Custom is null =>
                current => StrategicMergePatch.Apply(current, changes, request.Resource.Kind),
            ("application/json-patch+json" or "application/merge-patch+json", _) => throw ApiException.BadRequest("the patch has the wrong JSON type for its content type"),
            _ => throw ApiException.UnsupportedMediaType(
                "the body of the request was in an unknown format - accepted media types include: "
                + "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"),
        };
        await WriteAsync(request, await writer.ChangeAsync(request, change, cancel), context, 200, cancel);
    }

    private static JsonObject AsObject(JsonNode? node) => node as JsonObject ?? throw ApiException.BadRequest("the patch leaves no object");

    private async Task DeleteAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var target = request.Target;
        var options = await DeleteOptionsAsync(request, context, cancel);
        if (request.Resource.GroupResource == ResourceRegistry.Definitions && !request.DryRun)
        {
            RemoveCustomObjects(target.Name);
        }

        var result = await deleter.DeleteAsync(request, target.Namespace, target.Name, options, cancel);
        if (result.Gone && request.Resource.GroupResource != "pods")
        {
            await JsonResponse.WriteAsync(
                context, 200, ApiException.Success(request.Resource.GroupResource, target.Name, result.Object.Root.Text("metadata", "uid")), cancel);
        }
        else
        {
            await WriteAsync(request, result.Object, context, 200, cancel);
        }
    }

    /// <summary>A definition takes its objects with it, whatever finalizers they carry: nothing could serve them any more.</summary>
    private void RemoveCustomObjects(string groupResource)
    {
        foreach (var obj in store.List(groupResource, null).Items)
        {
            store.Remove(obj);
        }
    }

    private async Task DeleteCollectionAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var options = await DeleteOptionsAsync(request, context, cancel);
        var selectors = Selectors.Parse(request.Query.GetValueOrDefault("labelSelector"), request.Query.GetValueOrDefault("fieldSelector"), request.Resource);
        var list = store.List(request.Resource.GroupResource, ObjectReader.Scope(request));
        var chosen = list.Items.Where(o => selectors.Matches(o.Root)).ToList();
        foreach (var obj in chosen)
        {
            try
            {
                await deleter.DeleteAsync(request, obj.Key.Namespace, obj.Key.Name, options, cancel);
            }
            catch (ApiException gone) when (gone.Reason == "NotFound")
            {
                // Somebody else was faster; the collection is without it all the same.
            }
        }

        var metadata = new JsonObject { ["resourceVersion"] = store.Version.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        context.Response.ContentType = "application/json";
        reader.Serializer(request, context).WriteList(context.Response.BodyWriter, chosen, metadata);
        await context.Response.BodyWriter.FlushAsync(cancel);
    }

    private static async Task<JsonObject> DeleteOptionsAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var body = await RequestBody.ReadAsync(context.Request, cancel);
        var options = body.Length == 0 ? [] : RequestBody.ParseObject(body, context.Request.ContentType);
        request.DryRun |= options.Arr("dryRun") is { Count: > 0 };
        return options;
    }
}
