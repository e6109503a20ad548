namespace Lateen.Xds.Server;

/// <summary>A change that may concern connected proxies. What turns out to be unchanged for a proxy is not sent.</summary>
/// <param name="TypeUrls">Types that may have changed; null means all.</param>
/// <param name="Concerns">Proxies that may be concerned; null means all. Must be quick: it runs for each stream.</param>
public sealed record XdsPush<TProxy>(IReadOnlySet<string>? TypeUrls = null, Func<XdsPeer, TProxy, bool>? Concerns = null);
