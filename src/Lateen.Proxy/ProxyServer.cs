using System.Net;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Local;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Runtime;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Views;
using Lateen.Proxy.Workers;
using Microsoft.Extensions.Logging;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Proxy;

/// <summary>The data plane: takes xDS resources, serves traffic. It can be told nothing but xDS.</summary>
/// <remarks>
/// Every member is safe from any thread. <see cref="Apply"/> calls run one after another. Nothing here blocks an event loop.
/// </remarks>
public sealed class ProxyServer
{
    private const string LocalSecrets = "local secrets";

    private readonly Lock _lock = new();
    private readonly ProxyOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ProxyRuntime _runtime;
    private readonly ClusterSet _clusters;
    private readonly ListenerSet _listeners;
    private readonly Dictionary<string, ResourceStore> _stores = [];
    private readonly Dictionary<string, IReadOnlyCollection<string>> _subscriptions = [];
    private readonly LocalServer _local;
    private readonly DateTimeOffset _started;
    private volatile bool _draining;
    private volatile bool _ready;
    private volatile bool _hasCertificates;
    private long _configuredAt;

    public ProxyServer(ProxyOptions options, ILoggerFactory loggers, TimeProvider time, Random random)
    {
        (_options, _time) = (options, time);
        _logger = loggers.CreateLogger("proxy");
        _runtime = new ProxyRuntime(options, _logger, time, random);
        _clusters = new ClusterSet(_runtime, options, time, _logger);
        _listeners = new ListenerSet(_runtime, _logger);
        _local = new LocalServer(_runtime.All[0], _logger);
        _started = time.GetUtcNow();
        foreach (string type in (string[])[TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration, TypeUrls.Secret])
        {
            _stores[type] = new ResourceStore();
            _subscriptions[type] = [];
        }
        _subscriptions[LocalSecrets] = [];
    }

    /// <summary>Told when subscriptions change; set before the first <see cref="Apply"/>.</summary>
    public IProxyObserver? Observer { get; set; }

    /// <summary>The threads, for tests.</summary>
    internal ProxyRuntime Runtime => _runtime;

    /// <summary>True once clusters and listeners were applied, no listener waits for its routes, and the workload has its certificates (or has waited for them).</summary>
    public bool IsReady => _ready && (_hasCertificates || _time.GetElapsedTime(_configuredAt) > _options.CertificateTimeout);

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

    /// <summary>
    /// Takes the full set of a type (state of the world). What is unchanged keeps its compiled object and state; what cannot be honoured is
    /// refused alone and its last good version stays. Types: CDS, EDS, LDS, RDS (EDS and RDS add or replace, as their responses are partial).
    /// </summary>
    /// <returns>The problems; empty means ACK.</returns>
    public IReadOnlyList<ResourceProblem> Apply(string typeUrl, string version, IReadOnlyList<Any> resources)
    {
        if (!_stores.TryGetValue(typeUrl, out ResourceStore? store))
        {
            return [new ResourceProblem("", "type_url", $"{typeUrl} is not a type that this proxy takes")];
        }
        List<string> changedTypes;
        List<ResourceProblem> problems = [];
        lock (_lock)
        {
            HashSet<string> names = [];
            int changed = 0;
            foreach (Any resource in resources)
            {
                changed += ApplyOne(typeUrl, version, store, resource, names, problems) ? 1 : 0;
            }
            int removed = 0;
            if (typeUrl is TypeUrls.Cluster or TypeUrls.Listener)
            {
                foreach (string gone in store.Names.Where(n => !names.Contains(n)).ToList())
                {
                    RemoveOne(typeUrl, store, gone);
                    removed++;
                }
                store.KeepRefusedOf(names);
            }
            if (typeUrl == TypeUrls.RouteConfiguration)
            {
                problems.AddRange(_listeners.ActivateWarm().Select(p => new ResourceProblem("", "address", p)));
            }
            store.HasBeenApplied = true;
            if (problems.Count == 0)
            {
                store.Version = version;
            }
            ProxyLog.Applied(_logger, resources.Count, TypeUrls.ShortName(typeUrl), version, changed, removed);
            changedTypes = UpdateSubscriptions();
            UpdateReady();
        }
        Tell(changedTypes);
        return problems;
    }

    /// <summary>Adds or replaces resources, then removes others by name; all that are not named stay (delta xDS).</summary>
    /// <returns>The problems; empty means ACK.</returns>
    public IReadOnlyList<ResourceProblem> Update(
        string typeUrl, string version, IReadOnlyList<Any> resources, IReadOnlyList<string>? removed = null)
    {
        if (!_stores.TryGetValue(typeUrl, out ResourceStore? store))
        {
            return [new ResourceProblem("", "type_url", $"{typeUrl} is not a type that this proxy takes")];
        }
        List<string> changedTypes;
        List<ResourceProblem> problems = [];
        lock (_lock)
        {
            HashSet<string> names = [];
            int changed = 0;
            foreach (Any resource in resources)
            {
                changed += ApplyOne(typeUrl, version, store, resource, names, problems) ? 1 : 0;
            }
            foreach (string name in removed ?? [])
            {
                RemoveOne(typeUrl, store, name);
            }
            problems.AddRange(_listeners.ActivateWarm().Select(p => new ResourceProblem("", "address", p)));
            store.HasBeenApplied = true;
            if (problems.Count == 0)
            {
                store.Version = version;
            }
            ProxyLog.Applied(_logger, resources.Count, TypeUrls.ShortName(typeUrl), version, changed, removed?.Count ?? 0);
            changedTypes = UpdateSubscriptions();
            UpdateReady();
        }
        Tell(changedTypes);
        return problems;
    }

    /// <summary>Removes resources by name (delta xDS: removed_resources).</summary>
    public void Remove(string typeUrl, IReadOnlyList<string> names)
    {
        List<string> changedTypes;
        lock (_lock)
        {
            if (!_stores.TryGetValue(typeUrl, out ResourceStore? store))
            {
                return;
            }
            foreach (string name in names)
            {
                RemoveOne(typeUrl, store, name);
            }
            changedTypes = UpdateSubscriptions();
        }
        Tell(changedTypes);
    }

    /// <summary>The names to subscribe to: EDS service names of the clusters, RDS names of the listeners; empty for wildcard types.</summary>
    public IReadOnlyCollection<string> SubscribedNames(string typeUrl)
    {
        lock (_lock)
        {
            return _subscriptions.GetValueOrDefault(typeUrl) ?? [];
        }
    }

    /// <summary>Secrets that configuration expects from the agent of this process, over no control plane: hand them to <see cref="Update"/>.</summary>
    public IReadOnlyCollection<string> LocalSecretNames => SubscribedNames(LocalSecrets);

    /// <summary>Begins to drain: answers carry <c>connection: close</c>; connections end when their request has.</summary>
    public void Drain()
    {
        _draining = true;
        foreach (ProxyWorker worker in _runtime.All)
        {
            worker.IsDraining = true;
        }
    }

    /// <summary>Stops to accept connections on every xDS listener (POST /drain_listeners).</summary>
    public void StopListeners()
    {
        lock (_lock)
        {
            _listeners.StopAll();
        }
    }

    /// <summary>Accepted resources of a type, in the order of their names.</summary>
    public IReadOnlyList<AppliedResource> Applied(string typeUrl)
    {
        lock (_lock)
        {
            return _stores.GetValueOrDefault(typeUrl)?.Applied ?? [];
        }
    }

    /// <summary>Resources whose last version was refused.</summary>
    public IReadOnlyList<RefusedResource> Refused(string typeUrl)
    {
        lock (_lock)
        {
            return _stores.GetValueOrDefault(typeUrl)?.Refused ?? [];
        }
    }

    /// <summary>version_info of the last response of a type that was accepted whole, empty before.</summary>
    public string VersionOf(string typeUrl)
    {
        lock (_lock)
        {
            return _stores.GetValueOrDefault(typeUrl)?.Version ?? "";
        }
    }

    /// <summary>Every cluster with its hosts.</summary>
    public IReadOnlyList<ClusterView> Clusters() => [.. _runtime.Clusters().Select(View).OfType<ClusterView>()];

    public IReadOnlyList<ListenerView> Listeners() => [.. _listeners.Table.All
        .Select(l => new ListenerView(l.Name, l.Address.ToString(), l.Config.BindsPort)).OrderBy(l => l.Name, StringComparer.Ordinal)];

    /// <summary>Every statistic; walk it once, it is made as you go.</summary>
    public IEnumerable<StatSample> Stats()
    {
        IEnumerable<StatScope> scopes = _runtime.Scopes().Concat(_listeners.Scopes).Concat(_runtime.Clusters().SelectMany(c => c.Scopes));
        foreach (StatScope scope in scopes)
        {
            foreach (StatSample sample in scope.Read())
            {
                yield return sample;
            }
        }
        foreach (StatSample sample in _runtime.Exporters.Stats())
        {
            yield return sample;
        }
        foreach (StatSample sample in _runtime.Series.Read())
        {
            yield return sample;
        }
        foreach (StatSample sample in OwnStats())
        {
            yield return sample;
        }
    }

    /// <summary>Sets all counters to zero (POST /reset_counters).</summary>
    public void ResetCounters()
    {
        foreach (StatScope scope in _runtime.Scopes().Concat(_listeners.Scopes).Concat(_runtime.Clusters().SelectMany(c => c.Scopes)))
        {
            scope.Reset();
        }
        _runtime.Series.Reset();
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

    private static ClusterView? View(ClusterState state)
    {
        // A cluster that nobody has used shows what it would be made of, and stays unused.
        if ((state.Dormant is { } dormant ? dormant.Compile() : state.Config) is not { } config)
        {
            return null;
        }
        return new ClusterView(
            config.Name, config.ObservabilityName, config.EdsServiceName, config.Outlier is not null, true, View(config.Default),
            View(config.High), [.. HostViews(state, config)], View(state.Outlier));
    }

    private static IEnumerable<HostView> HostViews(ClusterState state, ClusterConfig config) => state.Dormant is { } dormant
        ? dormant.Endpoints(config).Endpoints.Select(e => new Host(e, 0).View())
        : state.Hosts.All.Select(h => h.View());

    private static OutlierView? View(OutlierDetector? detector) => detector is null ? null : new OutlierView(
        detector.SuccessRate.Average, detector.SuccessRate.Threshold, detector.LocalOriginSuccessRate.Average,
        detector.LocalOriginSuccessRate.Threshold);

    private static ThresholdsView View(Thresholds t) => new(t.MaxConnections, t.MaxPendingRequests, t.MaxRequests, t.MaxRetries);

    // Returns true if something was taken that differs from before.
    private bool ApplyOne(
        string typeUrl, string version, ResourceStore store, Any resource, HashSet<string> names, List<ResourceProblem> problems)
    {
        string name;
        IMessage message;
        try
        {
            (name, message) = Decode(typeUrl, resource);
        }
        catch (InvalidProtocolBufferException e)
        {
            problems.Add(new ResourceProblem("", "", $"the resource cannot be decoded: {e.Message}"));
            return false;
        }
        names.Add(name);
        if (store.IsUnchanged(name, resource))
        {
            return false;
        }
        CompileScope scope = new(_runtime, name);
        Put(scope, message, resource.Value);
        if (scope.Problems.Count > 0)
        {
            problems.AddRange(scope.Problems);
            store.Refuse(name, new RefusedResource(scope.Problems[0], version, _time.GetUtcNow()));
            ProxyLog.Refused(_logger, TypeUrls.ShortName(typeUrl), scope.Problems[0].ToString());
            return false;
        }
        // Thousands of resources share what is the same in them.
        resource.TypeUrl = typeUrl;
        name = typeUrl is TypeUrls.Cluster or TypeUrls.ClusterLoadAssignment ? _runtime.FindCluster(name)?.Name ?? name : name;
        store.Accept(new AppliedResource(name, version, _time.GetUtcNow(), resource));
        return true;
    }

    private static (string Name, IMessage Message) Decode(string typeUrl, Any resource)
    {
        switch (typeUrl)
        {
            case TypeUrls.Cluster:
                Cluster cluster = Cluster.Parser.ParseFrom(resource.Value);
                return (cluster.Name, cluster);
            case TypeUrls.ClusterLoadAssignment:
                ClusterLoadAssignment assignment = ClusterLoadAssignment.Parser.ParseFrom(resource.Value);
                return (assignment.ClusterName, assignment);
            case TypeUrls.Listener:
                Listener listener = Listener.Parser.ParseFrom(resource.Value);
                return (listener.Name, listener);
            case TypeUrls.Secret:
                Secret secret = Secret.Parser.ParseFrom(resource.Value);
                return (secret.Name, secret);
            default:
                RouteConfiguration route = RouteConfiguration.Parser.ParseFrom(resource.Value);
                return (route.Name, route);
        }
    }

    private void Put(CompileScope scope, IMessage message, ByteString received)
    {
        switch (message)
        {
            case Cluster cluster:
                _clusters.Put(scope, cluster, received);
                break;
            case ClusterLoadAssignment assignment:
                _clusters.PutEndpoints(scope, assignment, received);
                break;
            case Listener listener:
                _listeners.Put(scope, listener);
                break;
            case Secret secret:
                if (SecretCompiler.Compile(scope, secret) is { } compiled)
                {
                    _runtime.SecretOf(secret.Name, isLocal: true).Current = compiled;
                }
                break;
            case RouteConfiguration route:
                if (RouteCompiler.Compile(scope, route, received) is { } table)
                {
                    RouteState state = _runtime.RouteOf(route.Name);
                    state.Table = table;
                }
                break;
        }
    }

    private void RemoveOne(string typeUrl, ResourceStore store, string name)
    {
        if (!store.Remove(name))
        {
            return;
        }
        switch (typeUrl)
        {
            case TypeUrls.Cluster:
                _clusters.Remove(name);
                break;
            case TypeUrls.ClusterLoadAssignment:
                _clusters.RemoveEndpoints(name);
                break;
            case TypeUrls.Secret when _runtime.FindSecret(name) is { } secret:
                secret.Current = null;
                break;
            case TypeUrls.Listener:
                _listeners.Remove(name);
                break;
        }
    }

    private List<string> UpdateSubscriptions()
    {
        List<string> changed = [];
        foreach ((string type, IReadOnlyCollection<string> names) in new[]
        {
            (TypeUrls.ClusterLoadAssignment, _clusters.ServiceNames),
            (TypeUrls.RouteConfiguration, _listeners.RouteNames),
            (TypeUrls.Secret, SecretNames(isLocal: false)),
            (LocalSecrets, SecretNames(isLocal: true)),
        })
        {
            if (!names.SequenceEqual(_subscriptions[type]))
            {
                _subscriptions[type] = names;
                changed.Add(type);
            }
        }
        return changed;
    }

    private List<string> SecretNames(bool isLocal) => [.. _clusters.Secrets.Concat(_listeners.Secrets).Where(s => s.IsLocal == isLocal)
        .Select(s => s.Name).Distinct().Order(StringComparer.Ordinal)];

    private void UpdateReady()
    {
        if (_ready)
        {
            _hasCertificates |= HasCertificates();
            return;
        }
        _configuredAt = _time.GetTimestamp();
        _hasCertificates = HasCertificates();
        _ready = _stores[TypeUrls.Cluster].HasBeenApplied && _stores[TypeUrls.Listener].HasBeenApplied
            && _listeners.WarmingCount == 0;
    }

    private bool HasCertificates() => _subscriptions[LocalSecrets].All(n => _runtime.FindSecret(n)?.Current is not null);

    private void Tell(List<string> changedTypes)
    {
        foreach (string type in changedTypes)
        {
            if (type == LocalSecrets)
            {
                Observer?.OnLocalSecretsChanged();
            }
            else
            {
                Observer?.OnSubscriptionsChanged(type);
            }
        }
    }

    private IEnumerable<StatSample> OwnStats()
    {
        static StatSample Gauge(string name, long value) => new(name, StatKind.Gauge, value, null, true);
        static StatSample Counter(string name, long value) => new(name, StatKind.Counter, value, null, value != 0);
        yield return new StatSample("istio_build.component.proxy.tag." + _options.Version, StatKind.Gauge, 1, null, true)
        {
            Metric = "istio_build",
            Labels = [new("component", "proxy"), new("tag", _options.Version)],
        };
        yield return Counter("lateen.metric_series_overflow_total", _runtime.Series.Overflow) with { Metric = "lateen_metric_series_overflow_total", Labels = [] };
        yield return Gauge("lateen.metric_series", _runtime.Series.Count) with { Metric = "lateen_metric_series", Labels = [] };
        yield return Gauge("cluster_manager.active_clusters", _runtime.Clusters().Count);
        yield return Counter("cluster_manager.cluster_added", _stores[TypeUrls.Cluster].Names.Count);
        yield return Gauge("cluster_manager.warming_clusters", _runtime.Clusters().Count(c => c.WarmingUntil > ProxyRuntime.Now));
        yield return Gauge("listener_manager.total_listeners_active", _listeners.Table.All.Count);
        yield return Gauge("listener_manager.total_listeners_warming", _listeners.WarmingCount);
        yield return Gauge("listener_manager.workers_started", 1);
        yield return Counter("listener_manager.listener_added", _listeners.Added);
        yield return Counter("listener_manager.listener_modified", _listeners.Modified);
        yield return Counter("listener_manager.listener_removed", _listeners.Removed);
        yield return Gauge("server.concurrency", _runtime.Workers);
        yield return Gauge("server.live", 1);
        yield return Gauge("server.state", _draining ? 1 : IsReady ? 0 : 3);
        yield return Gauge("server.total_connections", ActiveConnections);
        yield return Gauge("server.uptime", (long)(_time.GetUtcNow() - _started).TotalSeconds);
        yield return Gauge("server.memory_allocated", GC.GetTotalMemory(false));
        yield return Counter("server.memory_allocated_total", GC.GetTotalAllocatedBytes(precise: false));
        yield return Gauge("server.memory_heap_size", GC.GetGCMemoryInfo().HeapSizeBytes);
    }
}
