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
    ProxyPages proxies,
    DiscoveryMetrics metrics,
    InjectionCounters injections,
    EventCounters events,
    Func<string?> notReady,
    string clusterId,
    string version)
{
    private static readonly string[] ProxyPageNames = ["config_dump", "edsz", "ndsz", "ecdsz"];

    private static readonly string[] PageNames =
    [
        "syncz", "adsz", "connections", "registryz", "endpointz", "endpointShardz", "configz", "push_status", "clusterz", "list",
    ];

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
        Page(routes, "/debug/endpointShardz", _ => StatePages.Shards(source.Current, clusterId));
        Page(routes, "/debug/push_status", _ => StatePages.Problems(source.Problems()));
        Page(routes, "/debug/clusterz", _ => StatePages.Clusters(clusterId));
        foreach (var page in ProxyPageNames)
        {
            routes.MapGet($"/debug/{page}", async context =>
            {
                if (await proxies.FindAsync(context) is { } connection)
                {
                    await WriteAsync(context, proxies.Of(page, connection)!);
                }
            });
        }

        Page(routes, "/debug/list", _ => new JsonArray([.. PageNames.Concat(ProxyPageNames.Select(page => $"{page}?proxyID="))
            .Order(StringComparer.Ordinal).Select(page => (JsonNode)page)]));
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
            + injections.Render() + events.Render(),
            context.RequestAborted);
    }
}
