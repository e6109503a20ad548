using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Http;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Answers get and list.</summary>
internal sealed class ObjectReader(ObjectStore store, TimeProvider time)
{
    public StoredObject Get(ApiRequest request)
    {
        var (resource, target) = (request.Resource, request.Target);
        var key = new ObjectKey(resource.GroupResource, target.Namespace, target.Name);
        return store.Get(key) ?? throw ApiException.NotFound(resource.GroupResource, target.Name);
    }

    public async Task WriteAsync(ApiRequest request, StoredObject obj, HttpContext context, int status, CancellationToken cancel)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        Serializer(request, context).WriteObject(context.Response.BodyWriter, obj);
        await context.Response.BodyWriter.FlushAsync(cancel);
    }

    public async Task ListAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var selectors = Selectors.Parse(request.Query.GetValueOrDefault("labelSelector"), request.Query.GetValueOrDefault("fieldSelector"), request.Resource);
        var list = store.List(request.Resource.GroupResource, Scope(request));
        var items = list.Items.Where(o => selectors.Matches(o.Root)).ToList();
        var version = list.ResourceVersion.ToString(CultureInfo.InvariantCulture);
        if (request.Query.GetValueOrDefault("continue") is { Length: > 0 } token)
        {
            (version, var ns, var name) = DecodeContinue(token);
            items = items.FindAll(o => string.CompareOrdinal(o.Key.Namespace, ns) is var order && (order > 0 || (order == 0 && string.CompareOrdinal(o.Key.Name, name) > 0)));
        }

        var metadata = new JsonObject { ["resourceVersion"] = version };
        if (long.TryParse(request.Query.GetValueOrDefault("limit"), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit > 0 && limit < items.Count)
        {
            metadata["continue"] = EncodeContinue(version, items[(int)limit - 1].Key);
            metadata["remainingItemCount"] = items.Count - limit;
            items.RemoveRange((int)limit, items.Count - (int)limit);
        }

        context.Response.ContentType = "application/json";
        Serializer(request, context).WriteList(context.Response.BodyWriter, items, metadata);
        await context.Response.BodyWriter.FlushAsync(cancel);
    }

    /// <summary>The namespace of the path, or null for all.</summary>
    public static string? Scope(ApiRequest request) =>
        request.Resource.Namespaced && request.Target.Namespace.Length > 0 ? request.Target.Namespace : null;

    public ObjectSerializer Serializer(ApiRequest request, HttpContext context) => new(
        request.Resource,
        ResponseShape.Parse(context.Request.Headers.Accept),
        request.Query.GetValueOrDefault("includeObject", ""),
        time.GetUtcNow());

    // A page carries the version of the first one: a watch from there sees every change that later pages may already show.
    private static string EncodeContinue(string version, ObjectKey last) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{version}\n{last.Namespace}\n{last.Name}")).Replace('+', '-').Replace('/', '_');

    private static (string Version, string Namespace, string Name) DecodeContinue(string token)
    {
        try
        {
            var parts = Encoding.UTF8.GetString(Convert.FromBase64String(token.Replace('-', '+').Replace('_', '/'))).Split('\n');
            return (parts[0], parts[1], parts[2]);
        }
        catch (Exception problem) when (problem is FormatException or IndexOutOfRangeException)
        {
            throw ApiException.BadRequest("continue key is not valid: it has to be the one of the previous page");
        }
    }
}
