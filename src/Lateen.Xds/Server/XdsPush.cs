namespace Lateen.Xds.Server;

/// <summary>A change that may concern connected proxies. What turns out to be unchanged for a proxy is not sent.</summary>
/// <param name="TypeUrls">Types that may have changed; null means all.</param>
/// <param name="Names">The only resources of these types that may have changed; null means all. Not for types that are sent as a whole.</param>
/// <param name="Concerns">Proxies that may be concerned; null means all. Must be quick: it runs for each stream.</param>
/// <param name="ChangedAt">When the change came, as a timestamp of the server's clock; null for now.</param>
public sealed record XdsPush<TProxy>(
    IReadOnlySet<string>? TypeUrls = null, IReadOnlySet<string>? Names = null, Func<XdsPeer, TProxy, bool>? Concerns = null, long? ChangedAt = null);
