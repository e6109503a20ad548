using Lateen.Agent.Hosting;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Interception;

/// <summary>
/// Keeps a sidecar from being ready before it has seen that traffic really reaches it: a pod whose rules are missing would run half in the mesh.
/// </summary>
/// <remarks>
/// The rules may come later (Istio CNI repairs pods that started before it), so a failure is tried again. What has worked once is not asked again:
/// nothing in the pod may change its rules afterwards.
/// </remarks>
/// <param name="dial">Tries once; null where the connection was captured, else what was seen. Null where there is nothing to prove.</param>
internal sealed class InterceptionCheck(Func<CancellationToken, Task<string?>>? dial, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private volatile string? _problem = dial is null ? null : "the interception of traffic has not been checked yet";

    /// <summary>Null once interception was seen to work, or where none is asked for; else why not.</summary>
    public string? Problem => _problem;

    /// <summary>Tries from the time when the listeners are open until it works.</summary>
    /// <param name="whenListening">Waits until the listeners are open; asked only if there is something to prove.</param>
    /// <param name="cancellation">The agent ends.</param>
    public async Task RunAsync(Func<CancellationToken, Task> whenListening, CancellationToken cancellation)
    {
        if (dial is null)
        {
            return;
        }
        try
        {
            await whenListening(cancellation);
            while (await dial(cancellation) is { } problem)
            {
                if (problem != _problem)
                {
                    AgentLog.NotIntercepted(logger, problem);
                }
                _problem = problem;
                await Task.Delay(Pause, time, cancellation);
            }
            _problem = null;
            AgentLog.Intercepted(logger);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The agent ends before it was ready.
        }
    }
}
