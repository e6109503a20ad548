using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Kubelet;
using Lateen.Sandbox.Network;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Node;

/// <summary>The node: registers itself, runs the pods that are bound to it, and makes ClusterIPs work.</summary>
/// <remarks>Speaks nothing but the Kubernetes API, so it serves any API server that reaches it.</remarks>
internal sealed class NodeHost : IObjectListener
{
    private readonly NodeContext _node;
    private readonly ServiceProxy _services;
    private readonly ConcurrentDictionary<string, (PodWorker Worker, Task Running)> _pods = new();
    private CancellationToken _shutdown;

    public NodeHost(NodeOptions options, KubernetesClient client, ICommandRunner runner, TimeProvider time, Random random, ILogger logger)
    {
        ClusterCache cache = new(client, time, random, logger);
        ChangeSignal sources = new();
        _node = new NodeContext
        {
            Options = options,
            Client = client,
            Cache = cache,
            Events = new EventRecorder(client, time, logger),
            Launcher = new ProcessLauncher(),
            Runner = runner,
            Prober = new Prober(),
            Network = new PodNetwork(options.Network, runner),
            Addresses = new AddressPool(options.Network.PodCidr),
            Sources = sources,
            Time = time,
            Logger = logger,
        };
        _services = new ServiceProxy(_node);
        Containers = new ContainerAccess(options, _node.Launcher, () => _pods.Values.Select(entry => entry.Worker));
        cache.Of(ResourceTypes.ConfigMaps).Subscribe(sources);
        cache.Of(ResourceTypes.Secrets).Subscribe(sources);
        cache.Of(ResourceTypes.Services).Subscribe(sources);
        cache.Of(ResourceTypes.Pods, new ObjectSelector(Fields: $"spec.nodeName={options.Name}")).Subscribe(this);
    }

    /// <summary>The inside of the node's pods, for the streaming server whose port <see cref="RunAsync(int, CancellationToken)"/> is told.</summary>
    public IContainerAccess Containers { get; }

    /// <summary>Runs until cancelled; then all containers are ended and their network is removed.</summary>
    /// <param name="streamingPort">The port of the streaming server, at the node's address.</param>
    public async Task RunAsync(int streamingPort, CancellationToken cancellation)
    {
        _shutdown = cancellation;
        Task caches = _node.Cache.RunAsync(cancellation);
        Task events = _node.Events.RunAsync(cancellation);
        Task services = _services.RunAsync(cancellation);
        try
        {
            await new NodeRegistration(_node.Client, _node.Options, _node.Time, _node.Logger).RegisterAsync(streamingPort, cancellation);
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The node goes down.
        }

        await Task.WhenAll(caches, events, services);
        await Task.WhenAll(_pods.Values.Select(entry => entry.Running));
        _node.Launcher.Dispose();
        _node.Prober.Dispose();
    }

    public void Changed(ResourceType type, JsonObject? before, JsonObject? after)
    {
        if (after is null)
        {
            if (_pods.TryGetValue(before!.Uid(), out (PodWorker Worker, Task Running) gone))
            {
                gone.Worker.Remove();
            }
        }
        else if (_pods.TryGetValue(after.Uid(), out (PodWorker Worker, Task Running) known))
        {
            known.Worker.Update(after);
        }
        else if (!_shutdown.IsCancellationRequested && !PodCondition.IsFinished(after))
        {
            PodWorker worker = new(_node, after);
            if (after.IsTerminating())
            {
                worker.Update(after);
            }

            _pods[after.Uid()] = (worker, Task.Run(() => RunAsync(worker, after.Uid())));
        }
    }

    private async Task RunAsync(PodWorker worker, string uid)
    {
        try
        {
            await worker.RunAsync(_shutdown);
        }
        finally
        {
            _pods.TryRemove(uid, out _);
            worker.Dispose();
        }
    }
}
