using System.Text.Json.Nodes;
using Lateen.Api;
using Lateen.ControlPlane.Discovery;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Http;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages that show what one connected proxy is told (`?proxyID=NAME.NAMESPACE`): config_dump, edsz, ndsz, ecdsz.</summary>
internal sealed class ProxyPages(XdsServer<ConnectedProxy> server, DiscoverySource source, IResourceGenerator generator)
{
    private readonly ConfigDumpPage _dump = new(generator);

    /// <summary>The page of that path; null for another one.</summary>
    public JsonNode? Of(string page, XdsConnectionStatus connection) => page switch
    {
        "config_dump" => _dump.Of(connection, source.Current),
        "edsz" => Resources(connection, TypeUrls.ClusterLoadAssignment),
        "ndsz" => Resources(connection, TypeUrls.NameTable),
        "ecdsz" => Resources(connection, TypeUrls.TypedExtensionConfig),
        _ => null,
    };

    /// <summary>The connection that a request names; null, with the answer written, when there is none.</summary>
    public async Task<XdsConnectionStatus?> FindAsync(HttpContext context)
    {
        var proxy = context.Request.Query["proxyID"].ToString();
        if (proxy.Length == 0)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("You must provide a proxyID in the query string\n", context.RequestAborted);
            return null;
        }

        var connection = server.Connections().LastOrDefault(candidate =>
            candidate.Peer.ConnectionId == proxy || (candidate.Peer.Node.Id.Split('~') is [_, _, var name, _] && name == proxy));
        if (connection is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("Proxy not connected to this Pilot instance. It may be connected to another instance.\n", context.RequestAborted);
        }

        return connection;
    }

    private JsonArray Resources(XdsConnectionStatus connection, string typeUrl)
    {
        var status = connection.Types.FirstOrDefault(type => type.TypeUrl == typeUrl);
        var proxy = new ConnectedProxy(NodeReader.Read(connection.Peer.Node));
        var resources = status is null ? [] : generator.Generate(source.Current, proxy, new XdsQuery(typeUrl, status.IsWildcard, status.Names.ToHashSet())) ?? [];
        return [.. resources.Select(resource => JsonNode.Parse(XdsJson.Format(resource.Body)))];
    }
}
