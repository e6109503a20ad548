namespace Lateen.Xds.Server;

/// <summary>Told what happens on the streams; for metrics. Must not block.</summary>
public interface IXdsServerObserver
{
    /// <summary>A response was sent.</summary>
    void Pushed(XdsPeer peer, string typeUrl, int resources, int bytes, TimeSpan duration)
    {
    }

    /// <summary>The proxy refused a response.</summary>
    /// <param name="names">Those of the resources it was sent that the message names.</param>
    void Rejected(XdsPeer peer, string typeUrl, string message, IReadOnlyList<string> names)
    {
    }

    /// <summary>The proxy accepted a response after it had refused one of that type.</summary>
    void Recovered(XdsPeer peer, string typeUrl)
    {
    }

    /// <summary>A request carried a nonce that is not the last one.</summary>
    void StaleNonce(XdsPeer peer, string typeUrl)
    {
    }
}
