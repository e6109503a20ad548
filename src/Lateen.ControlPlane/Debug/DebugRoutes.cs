using System.Text.Json;
using System.Text.Json.Nodes;
using Lateen.ControlPlane.Discovery;
using Lateen.ControlPlane.Webhooks;
using Lateen.Model.Networking;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages of 15014 and 8080.</summary>
internal sealed class DebugRoutes(
    XdsServer<ConnectedProxy> server,
    DiscoverySource source,
    ConfigDumpPage dump,
    DiscoveryMetrics metrics,
    InjectionCounters injections,
    Func<string?> notReady,
    string clusterId,
    string version)
{
    // Debug pages are read by people and by our own CLI; <, > and + of a mesh are not markup here.
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ready", ReadyAsync);
        routes.MapGet("/version", context => context.Response.WriteAsync($"{version}\n"));
        routes.MapGet("/metrics", MetricsAsync);
        Page(routes, "/debug/syncz", _ => SyncStatusPage.Of(server.Connections(), clusterId));
        Page(routes, "/debug/adsz", _ => MeshPages.Clients(server.Connections()));
        Page(routes, "/debug/connections", _ => MeshPages.Clients(server.Connections()));
        Page(routes, "/debug/registryz", _ => MeshPages.Registry(source.Current));
        Page(routes, "/debug/endpointz", _ => MeshPages.Endpoints(source.Current));
        Page(routes, "/debug/configz", _ => MeshPages.Configs(source.Current));
        routes.MapGet("/debug/config_dump", ConfigDumpAsync);
    }

    private static void Page(IEndpointRouteBuilder routes, string path, Func<HttpContext, JsonNode> page) =>
        routes.MapGet(path, context => WriteAsync(context, page(context)));

    private static Task WriteAsync(HttpContext context, JsonNode page)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(page.ToJsonString(Indented) + "\n", context.RequestAborted);
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

    private Task MetricsAsync(HttpContext context)
    {
        var index = source.Current.Index;
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(
            metrics.Render(
                server.ConnectionCount, index.Services.Count, index.Inputs.Configs.Count(config => config is VirtualServiceConfig), version)
            + injections.Render(),
            context.RequestAborted);
    }

    private async Task ConfigDumpAsync(HttpContext context)
    {
        var proxy = context.Request.Query["proxyID"].ToString();
        if (proxy.Length == 0)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("You must provide a proxyID in the query string\n", context.RequestAborted);
            return;
        }

        var connection = server.Connections().LastOrDefault(candidate =>
            candidate.Peer.ConnectionId == proxy || candidate.Peer.Node.Id.Split('~') is [_, _, var name, _] && name == proxy);
        if (connection is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("Proxy not connected to this Pilot instance. It may be connected to another instance.\n", context.RequestAborted);
            return;
        }

        await WriteAsync(context, dump.Of(connection, source.Current));
    }
}
