namespace Lateen.ControlPlane.Hosting;

/// <summary>What has to be there before proxies and the API server are answered.</summary>
internal sealed class Readiness
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _published;
    private volatile bool _warm;
    private volatile bool _serving;
    private volatile bool _settled;
    private Func<bool>? _webhooksSettled;
    private Func<string?>? _unlisted;

    /// <summary>The first snapshot is in force.</summary>
    public void Published()
    {
        _published = true;
        _first.TrySetResult();
    }

    /// <summary>Completes when the first snapshot is in force.</summary>
    public Task FirstSnapshot => _first.Task;

    /// <summary>The first snapshot was translated once.</summary>
    public void Warm() => _warm = true;

    /// <summary>All ports are open and the webhooks answer.</summary>
    public void Serving() => _serving = true;

    /// <summary>Tells how to see that the API server can call the webhooks; asked until it is true once.</summary>
    public void WaitFor(Func<bool> webhooksSettled) => Volatile.Write(ref _webhooksSettled, webhooksSettled);

    /// <summary>Tells how to learn why the sources are not synced; asked as long as they are not.</summary>
    public void Explain(Func<string?> unlisted) => Volatile.Write(ref _unlisted, unlisted);

    /// <summary>Whether xDS streams may be answered.</summary>
    public bool HasMesh => _published;

    /// <summary>What is missing; null when nothing is.</summary>
    public string? Missing =>
        !_published ? Volatile.Read(ref _unlisted)?.Invoke() is { } why ? $"the sources are not synced yet: {why}" : "the sources are not synced yet"
        : !_warm ? "the first configuration is being translated"
        : !_serving ? "the ports are not open yet"
        : !Settled() ? "the webhook configurations do not carry our root certificate yet"
        : null;

    private bool Settled()
    {
        // Once is enough: a configuration that is added later does not make a running control plane unready.
        _settled = _settled || (Volatile.Read(ref _webhooksSettled)?.Invoke() ?? true);
        return _settled;
    }
}
