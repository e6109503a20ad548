using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages of 15014 and 8080.</summary>
/// <param name="metrics">The text of /metrics.</param>
/// <param name="notReady">What is still missing; null when the control plane is ready.</param>
internal sealed class DebugRoutes(DebugPages pages, Func<string> metrics, Func<string?> notReady, string version)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ready", ReadyAsync);
        routes.MapGet("/version", context => context.Response.WriteAsync($"{version}\n"));
        routes.MapGet("/metrics", context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            return context.Response.WriteAsync(metrics(), context.RequestAborted);
        });
        routes.MapGet("/debug", context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync(pages.Index(), context.RequestAborted);
        });
        routes.MapGet("/debug/{page}", context =>
        {
            var answer = pages.Answer(
                (string)context.Request.RouteValues["page"]!, DebugQuery.Parse(context.Request.QueryString.Value?.TrimStart('?') ?? ""));
            context.Response.StatusCode = answer.Status;
            context.Response.ContentType = answer.ContentType;
            return context.Response.WriteAsync(answer.Text, context.RequestAborted);
        });
    }

    private Task ReadyAsync(HttpContext context)
    {
        if (notReady() is not { } reason)
        {
            return Task.CompletedTask;
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(reason + "\n", context.RequestAborted);
    }
}
