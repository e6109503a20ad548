using Lateen.Config;
using Lateen.Xds.Server;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Traces a proxy's refusal back to the objects that it comes from, and tells whoever writes their status.</summary>
/// <param name="next">Counts all that happens.</param>
/// <param name="refused">An object, the connection that refused what came of it, and why; a null reason takes all refusals of the connection back.</param>
internal sealed class RefusalTrace(
    IResourceGenerator generator, Func<DiscoverySource> source, IXdsServerObserver next, Action<ResourceName?, string, string?> refused, ILogger logger)
    : IXdsServerObserver
{
    public void Pushed(XdsPeer peer, string typeUrl, XdsSent sent) => next.Pushed(peer, typeUrl, sent);

    public void Queued(XdsPeer peer, TimeSpan waited) => next.Queued(peer, waited);

    public void Converged(XdsPeer peer, TimeSpan took) => next.Converged(peer, took);

    public void StaleNonce(XdsPeer peer, string typeUrl) => next.StaleNonce(peer, typeUrl);

    public void Recovered(XdsPeer peer, string typeUrl)
    {
        next.Recovered(peer, typeUrl);
        refused(null, Place(peer, typeUrl), null);
    }

    public void Rejected(XdsPeer peer, string typeUrl, string message, IReadOnlyList<string> names)
    {
        next.Rejected(peer, typeUrl, message, names);
        if (names.Count == 0)
        {
            return;
        }

        var proxy = new ConnectedProxy(NodeReader.Read(peer.Node));
        var wanted = names.ToHashSet();
        var query = new XdsQuery(typeUrl, Lateen.Xds.XdsTypes.IsWildcard(typeUrl), wanted);
        var objects = (generator.Generate(source().Current, proxy, query) ?? [])
            .Where(resource => wanted.Contains(resource.Name))
            .SelectMany(SourceObjects.Of)
            .Distinct();
        foreach (var name in objects)
        {
            DiscoveryLog.Traced(logger, peer.ConnectionId, name.ToString(), string.Join(", ", names));
            refused(name, Place(peer, typeUrl), message);
        }
    }

    private static string Place(XdsPeer peer, string typeUrl) => $"{peer.ConnectionId} {Lateen.Api.TypeUrls.ShortName(typeUrl)}";
}
