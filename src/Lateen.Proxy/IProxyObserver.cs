namespace Lateen.Proxy;

/// <summary>What the host of a proxy is told. Called on the thread that applied a resource, never on an event loop; must return soon.</summary>
public interface IProxyObserver
{
    /// <summary>
    /// The names to subscribe to for a type have changed (EDS by clusters, RDS by listeners): read them with
    /// <see cref="ProxyServer.SubscribedNames"/>.
    /// </summary>
    void OnSubscriptionsChanged(string typeUrl);

    /// <summary><see cref="ProxyServer.LocalSecretNames"/> has changed.</summary>
    void OnLocalSecretsChanged()
    {
    }
}
