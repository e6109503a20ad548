using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Controllers;

/// <summary>What every controller works with.</summary>
/// <param name="Client">The API server.</param>
/// <param name="Cache">What it said last.</param>
/// <param name="Events">Where to tell people what happens.</param>
/// <param name="Time">The clock.</param>
/// <param name="Logger">The log.</param>
internal sealed record ControllerContext(
    KubernetesClient Client, ClusterCache Cache, EventRecorder Events, TimeProvider Time, ILogger Logger);

/// <summary>Drives one kind of object from what is towards what is asked for.</summary>
/// <remarks>Level-triggered: a change puts a key into the queue, and the work looks at the state of that moment, not at the change.</remarks>
internal abstract class Controller : IObjectListener
{
    protected Controller(ControllerContext context)
    {
        Context = context;
        Queue = new WorkQueue(context.Time);
    }

    protected ControllerContext Context { get; }

    protected KubernetesClient Client => Context.Client;

    protected internal WorkQueue Queue { get; }

    /// <summary>Puts the keys that a change concerns into the queue.</summary>
    public abstract void Changed(ResourceType type, JsonObject? before, JsonObject? after);

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                ObjectKey key = await Queue.TakeAsync(cancellation);
                await WorkAsync(key, cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Queue.Stop();
        }
    }

    /// <summary>Brings one object closer to what is asked for.</summary>
    protected abstract Task ReconcileAsync(ObjectKey key, CancellationToken cancellation);

    /// <summary>Follows a type: its changes come to <see cref="Changed"/>.</summary>
    protected ObjectCache Follow(ResourceType type)
    {
        ObjectCache cache = Context.Cache.Of(type);
        cache.Subscribe(this);
        return cache;
    }

    private static bool IsForbidden(Exception error) =>
        (error as KubernetesApiException ?? error.InnerException as KubernetesApiException)?.Status.Code == 403;

    private async Task WorkAsync(ObjectKey key, CancellationToken cancellation)
    {
        try
        {
            await ReconcileAsync(key, cancellation);
            Queue.Succeeded(key);
        }
        catch (KubernetesApiException error) when (error.IsConflict || error.IsNotFound)
        {
            // Somebody else wrote first: look again at what is there then.
            ControllerLog.Raced(Context.Logger, GetType().Name, key, error.Message);
            Queue.AddAfterFailure(key);
        }
        catch (Exception error) when (IsForbidden(error))
        {
            // A namespace that is going takes nothing new; what is in it goes as well.
            Queue.Succeeded(key);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            ControllerLog.Failed(Context.Logger, GetType().Name, key, error.Message);
            Queue.AddAfterFailure(key);
        }
    }
}
