using System.Collections.Frozen;
using Lateen.Sandbox.Api.Auth;
using Lateen.Sandbox.Api.Discovery;
using Lateen.Sandbox.Api.Resources;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Api.Serving;

/// <summary>Takes each HTTP request from authentication to the part that answers it, and turns refusals into Status objects.</summary>
internal sealed class ApiHandler(
    Authenticator authenticator, ResourceRegistry registry, ResourceVerbs verbs, Subresources subresources, RequestReviews reviews, ILogger log)
{
    /// <summary>Paths below which anybody may look, without a token.</summary>
    private static readonly FrozenSet<string> Open = new[] { "healthz", "readyz", "livez", "version" }.ToFrozenSet();

    public async Task HandleAsync(HttpContext context)
    {
        var cancel = context.RequestAborted;
        try
        {
            await RouteAsync(context, cancel);
        }
        catch (ApiException refusal) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, refusal);
        }
        catch (Exception problem) when (problem is OperationCanceledException or IOException or ConnectionAbortedException or ConnectionResetException)
        {
            ApiServerLog.ClientGone(log, context.Request.Path, problem.Message);
            context.Abort();
        }
        catch (ArgumentException problem) when (problem.Message.Contains("same key", StringComparison.Ordinal) && !context.Response.HasStarted)
        {
            // System.Text.Json notices a duplicate field when the object is first used.
            await AnswerAsync(context, ApiException.BadRequest($"the object provided has a field twice: {problem.Message}"));
        }
        catch (Exception problem)
        {
            ApiServerLog.RequestFailed(log, problem, context.Request.Method, context.Request.Path);
            if (context.Response.HasStarted)
            {
                context.Abort();
            }
            else
            {
                await AnswerAsync(context, ApiException.Internal(problem.Message));
            }
        }
    }

    private static Task AnswerAsync(HttpContext context, ApiException refusal)
    {
        context.Response.Clear();
        if (refusal.Code == 401)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"lateen\"";
        }

        return JsonResponse.WriteAsync(context, refusal.Code, refusal.ToStatus(), context.RequestAborted);
    }

    private async Task RouteAsync(HttpContext context, CancellationToken cancel)
    {
        var path = context.Request.Path.Value ?? "/";
        var user = authenticator.Authenticate(context.Request.Headers.Authorization);
        var first = path.Trim('/').Split('/')[0];
        if (user is null && !Open.Contains(first))
        {
            throw ApiException.Unauthorized();
        }

        switch (first)
        {
            case "healthz" or "readyz" or "livez":
                await JsonResponse.WriteAsync(context, 200, "text/plain; charset=utf-8", "ok"u8.ToArray(), cancel);
                return;
            case "version":
                await JsonResponse.WriteAsync(context, 200, ServerVersion.Page(), cancel);
                return;
            case "openapi":
                await OpenApiAsync(context, path, cancel);
                return;
            case "openid" or ".well-known":
                await reviews.KeysAsync(context, path, cancel);
                return;
        }

        if (DiscoveryPages.At(path, registry.Catalog, context.Request.Host.Value ?? "") is { } page && context.Request.Method == "GET")
        {
            await JsonResponse.WriteAsync(context, 200, page, cancel);
            return;
        }

        if (RequestTarget.Parse(path) is not { } target || registry.Catalog.Find(target.Group, target.Version, target.Resource) is not { } resource
            || (target.Subresource.Length > 0 && !resource.Subresources.ContainsKey(target.Subresource)))
        {
            throw ApiException.NoSuchPath();
        }

        // The object of a namespaced path /namespaces/NAME is itself cluster-scoped.
        var query = context.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString(), StringComparer.Ordinal);
        await DispatchAsync(new ApiRequest(target, resource, user!, query), context, cancel);
    }

    private Task DispatchAsync(ApiRequest request, HttpContext context, CancellationToken cancel)
    {
        var (resource, target) = (request.Resource, request.Target);
        if (resource.Namespaced && target.Namespace.Length == 0 && (target.Name.Length > 0 || context.Request.Method == "POST") && resource.Stored)
        {
            throw ApiException.NoSuchPath();
        }

        return !resource.Stored || target.Subresource == "token" ? reviews.HandleAsync(request, context, cancel)
            : target.Subresource.Length > 0 ? subresources.HandleAsync(request, context, cancel)
            : verbs.HandleAsync(request, context, cancel);
    }

    private Task OpenApiAsync(HttpContext context, string path, CancellationToken cancel)
    {
        var accept = context.Request.Headers.Accept.ToString();
        if (path == "/openapi/v2")
        {
            return accept.Contains("protobuf", StringComparison.Ordinal)
                ? JsonResponse.WriteAsync(context, 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", OpenApiV2.Write(registry.Catalog), cancel)
                : JsonResponse.WriteAsync(context, 200, OpenApiPages.V2Json(), cancel);
        }

        var page = path == "/openapi/v3" ? OpenApiPages.V3Index(registry.Catalog)
            : path.StartsWith("/openapi/v3/", StringComparison.Ordinal) ? OpenApiPages.V3(path["/openapi/v3/".Length..], registry.Catalog)
            : null;
        return JsonResponse.WriteAsync(context, 200, page ?? throw ApiException.NoSuchPath(), cancel);
    }
}
