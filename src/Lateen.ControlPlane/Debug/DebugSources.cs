using Lateen.Config.Snapshots;
using Lateen.ControlPlane.Discovery;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>What the debug pages are made from.</summary>
/// <param name="Push">Announces everything to every proxy anew; what is the same is not sent.</param>
/// <param name="Resources">Every Istio resource, in force or not.</param>
/// <param name="Templates">The injection templates in use, by name; null while there are none.</param>
internal sealed record DebugSources(
    XdsServer<ConnectedProxy> Server,
    DiscoverySource Discovery,
    TranslationGenerator Generator,
    string ClusterId,
    Action Push,
    Func<IReadOnlyList<ResourceState>> Resources,
    Func<IReadOnlyDictionary<string, string>?> Templates)
{
    /// <summary>The streams of proxies; whoever asks for debug pages alone is none.</summary>
    public IReadOnlyList<XdsConnectionStatus> Proxies() =>
        [.. Server.Connections().Where(connection => connection.Types.Count == 0 || connection.Types.Any(type => !DebugDiscovery.Serves(type.TypeUrl)))];
}
