using System.Text.Json.Nodes;
using Lateen.Api;
using Lateen.ControlPlane.Discovery;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>What the pages of one connected proxy (`?proxyID=NAME.NAMESPACE`) have in common.</summary>
internal static class ProxyPages
{
    /// <summary>The stream of that connection or proxy id, the newest of several; null for none.</summary>
    public static XdsConnectionStatus? Find(IEnumerable<XdsConnectionStatus> connections, string proxy) => connections
        .Where(candidate => candidate.Peer.ConnectionId == proxy || (candidate.Peer.Node.Id.Split('~') is [_, _, var name, _] && name == proxy))
        .MaxBy(candidate => candidate.Peer.ConnectedAt);

    /// <summary>The proxy with what the mesh knows of its pod.</summary>
    public static ProxyNode NodeOf(XdsConnectionStatus connection, MeshSnapshot mesh) => NodeReader.Recognise(NodeReader.Read(connection.Peer.Node), mesh);

    /// <summary>What a proxy is told of one type, as far as it asked for it.</summary>
    public static JsonArray Resources(DebugSources sources, XdsConnectionStatus connection, string typeUrl)
    {
        var status = connection.Types.FirstOrDefault(type => type.TypeUrl == typeUrl);
        var proxy = new ConnectedProxy(NodeReader.Read(connection.Peer.Node));
        var query = status is null ? null : new XdsQuery(typeUrl, status.IsWildcard, status.Names.ToHashSet());
        var resources = query is null ? [] : sources.Generator.Generate(sources.Discovery.Current, proxy, query) ?? [];
        return [.. resources.Select(resource => JsonNode.Parse(XdsJson.Format(resource.Body)))];
    }
}
