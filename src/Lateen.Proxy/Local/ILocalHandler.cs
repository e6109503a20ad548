namespace Lateen.Proxy.Local;

/// <summary>
/// Answers the requests of a local listener (admin, status, health, metrics) inside the process.
/// </summary>
/// <remarks>Called on the thread pool, never on an event loop, so it may take its time; each connection has one request at a time.</remarks>
public interface ILocalHandler
{
    /// <summary>Answers one request. An exception becomes 500 with its message in the log.</summary>
    ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted);
}
