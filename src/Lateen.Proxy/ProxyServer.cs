using System.Net;
using Lateen.Api;
using Lateen.Proxy.Local;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Runtime;
using Lateen.Proxy.Workers;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy;

/// <summary>The data plane: takes xDS resources, serves traffic. It can be told nothing but xDS.</summary>
/// <remarks>
/// Every member is safe from any thread. <see cref="Apply"/> calls run one after another. Nothing here blocks an event loop.
/// </remarks>
public sealed partial class ProxyServer
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

    // Those that RDS has filled: a listener may come for them later.
    private readonly Dictionary<string, RouteState> _routes = [];
    private readonly Dictionary<string, IReadOnlyCollection<string>> _subscriptions = [];
    private readonly LocalServer _local;
    private readonly DateTimeOffset _started;
    private readonly TaskCompletionSource _whenConfigured = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _whenCertified = new(TaskCreationOptions.RunContinuationsAsynchronously);
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

    /// <summary>Ends as soon as <see cref="IsReady"/> holds.</summary>
    public async Task WhenReadyAsync(CancellationToken cancellation)
    {
        await _whenConfigured.Task.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await _whenCertified.Task.WaitAsync(_options.CertificateTimeout, _time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Ready without certificates.
        }
    }

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
        if (!_ready)
        {
            _configuredAt = _time.GetTimestamp();
            _hasCertificates = false;
            _ready = _stores[TypeUrls.Cluster].HasBeenApplied && _stores[TypeUrls.Listener].HasBeenApplied
                && _listeners.WarmingCount == 0;
        }
        _hasCertificates |= HasCertificates();
        if (_ready)
        {
            _whenConfigured.TrySetResult();
        }
        if (_ready && _hasCertificates)
        {
            _whenCertified.TrySetResult();
        }
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
}
