using System.Net;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Local;
using Lateen.Proxy.Runtime;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Views;
using Lateen.Proxy.Workers;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy;

/// <summary>The data plane: takes xDS resources, serves traffic. It can be told nothing but xDS.</summary>
/// <remarks>
/// Every member is safe from any thread. <see cref="Apply"/> calls run one after another. Nothing here blocks an event loop.
/// </remarks>
public sealed class ProxyServer
{
    private readonly Lock _lock = new();
    private readonly ProxyOptions _options;
    private readonly TimeProvider _time;
    private readonly ProxyRuntime _runtime;
    private readonly ListenerSet _listeners;
    private readonly ServerResources _resources;
    private readonly Subscriptions _subscriptions;
    private readonly ServerReadiness _readiness;
    private readonly ServerStats _stats;
    private readonly LocalServer _local;
    private readonly DateTimeOffset _started;
    private volatile bool _draining;

    public ProxyServer(ProxyOptions options, ILoggerFactory loggers, TimeProvider time, Random random)
    {
        (_options, _time) = (options, time);
        ILogger logger = loggers.CreateLogger("proxy");
        _runtime = new ProxyRuntime(options, logger, time, random);
        ResourceStore assignments = new(TypeUrls.ClusterLoadAssignment, isSecret: false);
        ClusterSet clusters = new(_runtime, assignments, options, time, logger);
        _listeners = new ListenerSet(_runtime, logger);
        _resources = new ServerResources(_runtime, assignments, (clusters, _listeners), time, logger);
        _subscriptions = new Subscriptions(clusters, _listeners);
        _readiness = new ServerReadiness(time, options.CertificateTimeout);
        _stats = new ServerStats(this, _runtime, _listeners, _resources);
        _local = new LocalServer(_runtime.All[0], logger);
        _started = time.GetUtcNow();
    }

    /// <summary>Told when subscriptions change; set before the first <see cref="Apply"/>.</summary>
    public IProxyObserver? Observer { get; set; }

    /// <summary>The threads, for tests.</summary>
    internal ProxyRuntime Runtime => _runtime;

    internal string Version => _options.Version;

    internal TimeSpan Uptime => _time.GetUtcNow() - _started;

    /// <summary>True once clusters and listeners were applied, no listener waits for its routes, and the workload has its certificates (or has waited for them).</summary>
    public bool IsReady => _readiness.IsReady;

    /// <summary>Ends as soon as <see cref="IsReady"/> holds.</summary>
    public Task WhenReadyAsync(CancellationToken cancellation) => _readiness.WhenReadyAsync(cancellation);

    /// <summary>True from <see cref="Drain"/> on.</summary>
    public bool IsDraining => _draining;

    /// <summary>Number of open downstream connections, those of local listeners not counted.</summary>
    public long ActiveConnections => _runtime.All.Sum(w => Volatile.Read(ref w.ActiveConnections));

    /// <summary>Runs the event loops until cancelled; then closes everything.</summary>
    /// <exception cref="InvalidOperationException">A local listener's address cannot be had.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _local.Open(_options.LocalListeners);
        Task[] loops = [.. _runtime.All.Select(worker => RunLoop(worker, cancellation))];
        await Task.WhenAll(loops).ConfigureAwait(false);
        _local.Close();
        _runtime.Close();
    }

    /// <summary>The names to subscribe to: EDS service names of the clusters, RDS names of the listeners; empty for wildcard types.</summary>
    public IReadOnlyCollection<string> SubscribedNames(string typeUrl)
    {
        lock (_lock)
        {
            return _subscriptions.Of(typeUrl);
        }
    }

    /// <summary>Secrets that configuration expects from the agent of this process, over no control plane: hand them to <see cref="Update"/>.</summary>
    public IReadOnlyCollection<string> LocalSecretNames => SubscribedNames(Subscriptions.LocalSecrets);

    /// <summary>
    /// Takes the full set of a type (state of the world). What is unchanged keeps its compiled object and state; what cannot be honoured is
    /// refused alone and its last good version stays. Types: CDS, EDS, LDS, RDS (EDS and RDS add or replace, as their responses are partial).
    /// </summary>
    /// <returns>The problems; empty means ACK.</returns>
    public IReadOnlyList<ResourceProblem> Apply(string typeUrl, string version, IReadOnlyList<Any> resources) =>
        Take(typeUrl, version, resources, (store, names) =>
        {
            if (typeUrl is not (TypeUrls.Cluster or TypeUrls.Listener))
            {
                return [];
            }
            store.KeepRefusedOf(names);
            return [.. store.Names.Where(n => !names.Contains(n))];
        });

    /// <summary>Adds or replaces resources, then removes others by name; all that are not named stay (delta xDS).</summary>
    /// <returns>The problems; empty means ACK.</returns>
    public IReadOnlyList<ResourceProblem> Update(
        string typeUrl, string version, IReadOnlyList<Any> resources, IReadOnlyList<string>? removed = null) =>
        Take(typeUrl, version, resources, (_, _) => removed ?? []);

    /// <summary>Removes resources by name (delta xDS: removed_resources).</summary>
    public void Remove(string typeUrl, IReadOnlyList<string> names)
    {
        List<string> changedTypes;
        lock (_lock)
        {
            _resources.Remove(typeUrl, names);
            changedTypes = _subscriptions.Update();
        }
        Tell(changedTypes);
    }

    /// <summary>Begins to drain: answers carry <c>connection: close</c>; connections end when their request has.</summary>
    public void Drain()
    {
        _draining = true;
        foreach (ProxyWorker worker in _runtime.All)
        {
            worker.IsDraining = true;
        }
    }

    /// <summary>Stops to accept connections on xDS listeners, all of them or those for what comes in (POST /drain_listeners).</summary>
    public void StopListeners(bool inboundOnly)
    {
        lock (_lock)
        {
            _listeners.Stop(inboundOnly);
        }
    }

    /// <summary>The last requests and connections that did not go well, with a sentence each.</summary>
    public IEnumerable<string> Failures() => _runtime.All.SelectMany(w => w.Failures.Lines());

    /// <summary>Opens the access logs' paths again (SIGUSR1, POST /reopen_logs).</summary>
    public void ReopenLogs() => _runtime.ReopenLogs();

    /// <summary>Where a local listener listens, once <see cref="RunAsync"/> has opened it.</summary>
    public IPEndPoint? LocalAddress(string name) => _local.AddressOf(name);

    /// <summary>Where an xDS listener with a socket listens (port 0 resolved), null when it is not open.</summary>
    public IPEndPoint? ListenerAddress(string name) =>
        _listeners.Table.All.FirstOrDefault(l => l.Name == name) is { BoundAddress.IsValid: true } listener
            ? listener.BoundAddress.ToIPEndPoint() : null;

    /// <summary>Resources of a type that are accepted now, in the order of their names; each is made when it is come to.</summary>
    public IEnumerable<AppliedResource> Applied(string typeUrl)
    {
        lock (_lock)
        {
            return _resources.StoreOf(typeUrl)?.Applied ?? [];
        }
    }

    /// <summary>Resources whose last version was refused.</summary>
    public IReadOnlyList<RefusedResource> Refused(string typeUrl)
    {
        lock (_lock)
        {
            return _resources.StoreOf(typeUrl)?.Refused ?? [];
        }
    }

    /// <summary>version_info of the last response of a type that was accepted whole, empty before.</summary>
    public string VersionOf(string typeUrl)
    {
        lock (_lock)
        {
            return _resources.StoreOf(typeUrl)?.Version ?? "";
        }
    }

    /// <summary>Every cluster with its hosts.</summary>
    public IReadOnlyList<ClusterView> Clusters() => [.. _runtime.Clusters().Select(ClusterViews.Of).OfType<ClusterView>()];

    public IReadOnlyList<ListenerView> Listeners() => [.. _listeners.Table.All
        .Select(l => new ListenerView(l.Name, (l.BoundAddress.IsValid ? l.BoundAddress : l.Address).ToString(), l.Config.BindsPort)).OrderBy(l => l.Name, StringComparer.Ordinal)];

    /// <summary>Every statistic; walk it once, it is made as you go.</summary>
    public IEnumerable<StatSample> Stats() => Stats(usedOnly: false, null);

    /// <summary>Names by which clusters are known in statistics.</summary>
    public IEnumerable<string> ClusterStatNames() => _runtime.Clusters().Select(c => c.ObservabilityName);

    /// <summary>The statistics that are wanted; walk it once, it is made as you go. Istio's metrics are always in.</summary>
    /// <param name="usedOnly">Only those that were written since the start.</param>
    /// <param name="wants">By the full name; null: all.</param>
    public IEnumerable<StatSample> Stats(bool usedOnly, StatNameFilter? wants) => _stats.Read(usedOnly, wants);

    /// <summary>Sets all counters to zero (POST /reset_counters).</summary>
    public void ResetCounters() => _stats.Reset();

    private static Task RunLoop(ProxyWorker worker, CancellationToken cancellation)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                worker.Loop.Run(cancellation);
                done.SetResult();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
        })
        {
            IsBackground = true,
            Name = $"proxy-{worker.Index}",
        };
        thread.Start();
        return done.Task;
    }

    private List<ResourceProblem> Take(
        string typeUrl, string version, IReadOnlyList<Any> resources, Func<ResourceStore, HashSet<string>, IReadOnlyList<string>> goneOf)
    {
        List<ResourceProblem> problems;
        List<string> changedTypes;
        lock (_lock)
        {
            problems = _resources.Take(typeUrl, version, resources, goneOf);
            changedTypes = _subscriptions.Update();
            _readiness.Update(
                isConfigured: HasBeenApplied(TypeUrls.Cluster) && HasBeenApplied(TypeUrls.Listener) && _listeners.WarmingCount == 0,
                isCertified: _subscriptions.Of(Subscriptions.LocalSecrets).All(n => _runtime.FindSecret(n)?.Current is not null));
        }
        Tell(changedTypes);
        return problems;
    }

    private bool HasBeenApplied(string typeUrl) => _resources.StoreOf(typeUrl)!.HasBeenApplied;

    private void Tell(List<string> changedTypes)
    {
        foreach (string type in changedTypes)
        {
            if (type == Subscriptions.LocalSecrets)
            {
                Observer?.OnLocalSecretsChanged();
            }
            else
            {
                Observer?.OnSubscriptionsChanged(type);
            }
        }
    }
}
