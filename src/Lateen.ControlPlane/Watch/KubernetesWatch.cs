using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lateen.Config;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Debug;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Watch;

/// <summary>Follows every kind that makes the mesh at a Kubernetes API server and passes it to the writer.</summary>
internal sealed class KubernetesWatch(
    KubernetesClient client, MeshWriter writer, ObjectReaders readers, string ns, EventCounters events, TimeProvider time, Random random, ILogger logger)
{
    private readonly List<(Func<CancellationToken, Task> Run, Task Synced, Func<string?> Problem)> _informers = [];
    private readonly StoreGuard _guard = new(client, writer, logger);

    /// <summary>
    /// What a mesh is served without when the control plane's role does not let it be listed. The other kinds say where traffic goes and who may call: proxies
    /// that have them are better off with what they have than without, so that without them the control plane does not become ready.
    /// </summary>
    private static readonly HashSet<ResourceType> Optional =
    [
        ResourceTypes.Ingresses, ResourceTypes.IngressClasses, ResourceTypes.Nodes, ResourceTypes.Secrets, ResourceTypes.ConfigMaps, ResourceTypes.ProxyConfigs,
        ResourceTypes.WorkloadGroups, ResourceTypes.Telemetries, ResourceTypes.WasmPlugins,
        ResourceTypes.MutatingWebhookConfigurations, ResourceTypes.ValidatingWebhookConfigurations, .. ResourceTypes.GatewayApi,
    ];

    /// <summary>Gets the uid of each store that the API server comes back with after the first.</summary>
    public ChannelReader<string> StoreReplaced => _guard.Replaced;

    /// <summary>Which kinds were not listed yet and why; null when each was.</summary>
    public string? Missing
    {
        get
        {
            var missing = _informers.Where(informer => !informer.Synced.IsCompletedSuccessfully).Select(informer => informer.Problem()).OfType<string>().ToList();
            return missing.Count > 0 ? string.Join("; ", missing) : null;
        }
    }

    /// <summary>Adds an informer of somebody else's, so that it runs with these and counts for readiness.</summary>
    public void Add<T>(ResourceType type, ObjectSelector selector, Func<JsonObject, T> decode, IInformerSink<T> sink) =>
        Add(type, new InformerOptions { Selector = selector }, decode, sink);

    private void Add<T>(ResourceType type, InformerOptions options, Func<JsonObject, T> decode, IInformerSink<T> sink)
    {
        options = options with
        {
            ForbiddenIsEmpty = Optional.Contains(type),
            OlderVersion = type == ResourceTypes.EndpointSlices ? "v1beta1" : null,

            // Most clusters never have these: asking for them now and then is enough.
            UnknownTypePause = ResourceTypes.GatewayApi.Contains(type) ? TimeSpan.FromSeconds(30) : TimeSpan.Zero,
        };
        var informer = new Informer<T>(client, type, options, decode, sink, time, random, logger);
        _informers.Add((informer.RunAsync, informer.HasSynced, () => informer.Problem));
    }

    /// <summary>Adds the informers of the mesh's own kinds.</summary>
    public void AddMesh()
    {
        Follow(ResourceTypes.Services, readers.Service, (state, key) => state.DeleteService(key));
        Follow(ResourceTypes.EndpointSlices, ObjectReaders.Slice, (state, key) => state.DeleteSlice(key));
        Follow(ResourceTypes.Pods, readers.Pod, (state, key) => state.DeletePod(key));
        Follow(ResourceTypes.Namespaces, ObjectReaders.Namespace, (state, key) => state.DeleteNamespace(key.Name));
        Follow(ResourceTypes.Nodes, ObjectReaders.Node, (state, key) => state.DeleteNode(key.Name));
        Follow(ResourceTypes.Ingresses, ObjectReaders.Ingress, (state, key) => state.Ingresses.Delete(key));
        Follow(ResourceTypes.IngressClasses, ObjectReaders.IngressClass, (state, key) => state.Ingresses.DeleteClass(key.Name));
        foreach (var type in ResourceTypes.GatewayApi)
        {
            Follow(type, value => ObjectReaders.GatewayApi(type.Kind, value), (state, key) => state.KubernetesGateways.Delete(type.Kind, key));
        }

        Follow(ResourceTypes.ConfigMaps, readers.ConfigMap, (_, _) => { }, new ObjectSelector(ns));
        foreach (var type in ResourceTypes.Istio.Where(type => IstioDecoder.Knows(type.Group, type.Kind)))
        {
            Follow(type, readers.Resource, (state, key) => state.DeleteResource(new ResourceName(type.Kind, key.Namespace, key.Name)));
        }
    }

    /// <summary>Runs all informers until cancelled; marks the writer synced after each has told its first list.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var begin = time.GetTimestamp();
        var running = _informers.Select(informer => informer.Run(cancellation)).ToList();
        try
        {
            await Task.WhenAll(_informers.Select(informer => informer.Synced)).WaitAsync(cancellation);
            WatchLog.Synced(logger, time.GetElapsedTime(begin).TotalMilliseconds);
            writer.MarkSynced();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop before the first lists were complete.
        }

        await Task.WhenAll(running);
    }

    private void Follow(
        ResourceType type, Func<JsonObject, Action<MeshState>> read, Action<MeshState, ObjectKey> delete, ObjectSelector? selector = null)
    {
        // Namespaces and settings are neither of the registry nor of the configuration.
        Action<WatchEventName> seen = type == ResourceTypes.Namespaces || type == ResourceTypes.ConfigMaps ? _ => { } : what => WatchEvents.Count(events, type, what);
        Add(
            type,
            new InformerOptions { Selector = selector ?? ObjectSelector.All, Gate = _guard },
            value => new Change(ObjectKey.Of(value), read(value)),
            new WriterSink<Change>(writer, change => change.Key, (state, change) => change.Apply(state), delete, seen));
    }

    // Decoding runs on the informer's task; only what it yields waits for the writer.
    private sealed record Change(ObjectKey Key, Action<MeshState> Apply);
}
