using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Network;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Controllers;

/// <summary>All controllers of the sandbox over one client and one set of caches.</summary>
internal sealed class ControllerHost
{
    private readonly ClusterCache _cache;
    private readonly EventRecorder _events;
    private readonly List<Controller> _controllers;
    private readonly GarbageCollector _garbage;

    /// <param name="authority">The API server's certificate authority, PEM; every namespace gets it.</param>
    /// <param name="network">Tells which addresses Services of type LoadBalancer get.</param>
    public ControllerHost(KubernetesClient client, string authority, NetworkOptions network, TimeProvider time, Random random, ILogger logger)
    {
        _cache = new ClusterCache(client, time, random, logger);
        _events = new EventRecorder(client, time, logger);
        ControllerContext context = new(client, _cache, _events, time, logger);
        _controllers =
        [
            new ServiceAccountController(context, authority),
            new NamespaceController(context),
            new DeploymentController(context),
            new ReplicaSetController(context),
            new Scheduler(context),
            new EndpointsController(context),
            new LoadBalancerController(context, network.LoadBalancerAddresses),
        ];
        _garbage = new GarbageCollector(context);
    }

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Task caches = _cache.RunAsync(cancellation);
        Task events = _events.RunAsync(cancellation);
        try
        {
            // Work on half a picture would delete what is merely not seen yet.
            await _cache.HasSynced;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped before it began: the tasks below end at once.
        }

        await Task.WhenAll([caches, events, _garbage.RunAsync(cancellation), .. _controllers.Select(controller => controller.RunAsync(cancellation))]);
    }
}
