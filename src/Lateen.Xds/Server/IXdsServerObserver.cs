namespace Lateen.Xds.Server;

/// <summary>What was sent.</summary>
/// <param name="Bytes">Of the whole response.</param>
/// <param name="Duration">From the begin of making the response to the end of sending it.</param>
/// <param name="Sending">The part of that which sending took.</param>
public readonly record struct XdsSent(int Resources, int Bytes, TimeSpan Duration, TimeSpan Sending);

/// <summary>Told what happens on the streams; for metrics. Must not block.</summary>
public interface IXdsServerObserver
{
    /// <summary>A response was sent.</summary>
    void Pushed(XdsPeer peer, string typeUrl, XdsSent sent)
    {
    }

    /// <summary>A proxy's turn came to be looked at for what was announced.</summary>
    /// <param name="waited">Since the first announcement that was not looked at yet.</param>
    void Queued(XdsPeer peer, TimeSpan waited)
    {
    }

    /// <summary>A proxy was sent all that it needs of what was announced; not told when it needed nothing.</summary>
    /// <param name="took">Since the oldest change among it came.</param>
    void Converged(XdsPeer peer, TimeSpan took)
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
