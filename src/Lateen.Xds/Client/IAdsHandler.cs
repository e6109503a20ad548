namespace Lateen.Xds.Client;

/// <summary>Who receives the resources. Called from the client's one loop, never concurrently.</summary>
public interface IAdsHandler
{
    /// <summary>Applies a response. What is wrong with one resource must not hinder the others.</summary>
    /// <returns>Null accepts (ACK); a text refuses (NACK) and travels to the control plane as error_detail.</returns>
    ValueTask<string?> ApplyAsync(AdsUpdate update, CancellationToken cancellation);

    /// <summary>Resources that nothing refers to any more: the control plane was told, and they may be forgotten.</summary>
    void Forget(string typeUrl, IReadOnlyList<string> names);

    /// <summary>The names wanted of a type, now; not asked for wildcard types.</summary>
    IReadOnlyCollection<string> SubscribedNames(string typeUrl);

    /// <summary>A stream is up (true) or lost (false).</summary>
    void OnConnection(bool isConnected);
}
