namespace Lateen.Proxy.Runtime;

/// <summary>Whether the proxy can serve: it is configured, and the workload has its certificates, or has waited for them as long as it may.</summary>
/// <remarks>Read from any thread, updated under the server's lock. Once configured it stays so.</remarks>
internal sealed class ServerReadiness(TimeProvider time, TimeSpan certificateTimeout)
{
    private readonly TaskCompletionSource _whenConfigured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _whenCertified = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isConfigured;
    private volatile bool _isCertified;
    private long _configuredAt;

    public bool IsReady => _isConfigured && (_isCertified || time.GetElapsedTime(_configuredAt) > certificateTimeout);

    /// <summary>Ends as soon as <see cref="IsReady"/> holds.</summary>
    public async Task WhenReadyAsync(CancellationToken cancellation)
    {
        await _whenConfigured.Task.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await _whenCertified.Task.WaitAsync(certificateTimeout, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Ready without certificates.
        }
    }

    /// <summary>Takes what is known now.</summary>
    /// <param name="isConfigured">Clusters and listeners were applied, and no listener waits for its routes.</param>
    /// <param name="isCertified">Every secret that the configuration expects from the agent is here.</param>
    public void Update(bool isConfigured, bool isCertified)
    {
        if (!_isConfigured)
        {
            _configuredAt = time.GetTimestamp();
            _isCertified = false;
            _isConfigured = isConfigured;
        }
        _isCertified |= isCertified;
        if (_isConfigured)
        {
            _whenConfigured.TrySetResult();
        }
        if (_isConfigured && _isCertified)
        {
            _whenCertified.TrySetResult();
        }
    }
}
