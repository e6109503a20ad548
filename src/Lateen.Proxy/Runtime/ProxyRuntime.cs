using System.Diagnostics;
using Envoy.Config.Core.V3;
using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Export;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Workers;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Runtime;

/// <summary>The threads and everything that outlives a configuration: cluster and route states, statistics scopes, log files.</summary>
/// <remarks>States and scopes stay as long as a configuration, a connection or a request refers to them; who puts a resource to work holds its state.</remarks>
internal sealed class ProxyRuntime : ICompileHost
{
    private readonly Lock _lock = new();
    private readonly ILogger _logger;
    private readonly ProxyOptions _options;
    private readonly WeakTable<ClusterState> _clusters = new();
    private readonly WeakTable<RouteState> _routes = new();
    private readonly Dictionary<string, SecretState> _secrets = [];
    private readonly Dictionary<string, LogFile> _files = [];
    private readonly WeakTable<StatScope> _scopes = new();
    private readonly HashSet<string> _notYet = [];

    public ProxyRuntime(ProxyOptions options, ILogger logger, TimeProvider time, Random random)
    {
        (_options, _logger) = (options, logger);
        Node = new Node { Id = options.NodeId, Cluster = options.NodeCluster, Metadata = options.NodeMetadata };
        Own = Workload.From(options.NodeMetadata);
        Hello = PeerHello.Encode(Node);
        Exporters = new Exporters(time, logger, options.ZipkinAddress);
        All = [.. Enumerable.Range(0, Math.Clamp(options.Concurrency, 1, 256)).Select(i =>
            new ProxyWorker(new EventLoop(i, new EpollPoller(), time, e => ProxyLog.Fault(logger, e)), random) { Environment = options.Environment })];
        Services = new ClusterServices(All[0], random, () => Now);
        HttpManager mirrors = new()
        {
            StatPrefix = "mirror", Stats = new StatScope("http.mirror.", StatNames.Http, Workers), Routes = new RouteState("mirror"), Filters = [],
        };
        foreach (ProxyWorker worker in All)
        {
            worker.Clusters = Services;
            worker.MirrorManager = mirrors;
        }
        Series = new MeshSeriesRegistry(options.MaximumMetricSeries, All.Length);
    }

    public ClusterServices Services { get; }

    public ProxyWorker[] All { get; }

    public Node Node { get; }

    public byte[] Hello { get; }

    public Workload Own { get; }

    public MeshSeriesRegistry Series { get; }

    public Exporters Exporters { get; }

    public int Workers => All.Length;

    /// <summary>The loops' clock, for other threads.</summary>
    public static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    public ClusterState ClusterOf(string name)
    {
        lock (_lock)
        {
            return _clusters.GetOrAdd(name, n => new ClusterState(n, this));
        }
    }

    public ClusterState? FindCluster(string name)
    {
        lock (_lock)
        {
            return _clusters.Find(name);
        }
    }

    public RouteState RouteOf(string name)
    {
        lock (_lock)
        {
            return _routes.GetOrAdd(name, static n => new RouteState(n));
        }
    }

    public SecretState SecretOf(string name, bool isLocal)
    {
        lock (_lock)
        {
            if (!_secrets.TryGetValue(name, out SecretState? state))
            {
                _secrets.Add(name, state = new SecretState(name, isLocal));
            }
            return state;
        }
    }

    /// <summary>A secret that somebody has named; null otherwise.</summary>
    public SecretState? FindSecret(string name)
    {
        lock (_lock)
        {
            return _secrets.GetValueOrDefault(name);
        }
    }

    public LogFile FileOf(string path)
    {
        lock (_lock)
        {
            string actual = path == "/dev/stdout" ? _options.StandardOutputPath : path;
            if (!_files.TryGetValue(actual, out LogFile? file))
            {
                _files.Add(actual, file = new LogFile(actual));
            }
            return file;
        }
    }

    public StatScope StatsOf(string prefix, StatNames names)
    {
        lock (_lock)
        {
            return _scopes.GetOrAdd(prefix, p => new StatScope(p, names, Workers));
        }
    }

    public IReadOnlyList<StatScope> Scopes()
    {
        lock (_lock)
        {
            return _scopes.All();
        }
    }

    public IReadOnlyList<ClusterState> Clusters()
    {
        lock (_lock)
        {
            return [.. _clusters.All().Where(c => c.IsKnown).OrderBy(c => c.Name, StringComparer.Ordinal)];
        }
    }

    public void NotYet(string what)
    {
        lock (_lock)
        {
            if (!_notYet.Add(what))
            {
                return;
            }
        }
        ProxyLog.NotYet(_logger, what);
    }

    /// <summary>Runs an action on every loop's thread.</summary>
    public void Broadcast(Action<ProxyWorker> action)
    {
        foreach (ProxyWorker worker in All)
        {
            worker.Loop.Post(() => action(worker));
        }
    }

    /// <summary>Opens the log files' paths again, after they were moved.</summary>
    public void ReopenLogs()
    {
        lock (_lock)
        {
            foreach (LogFile file in _files.Values)
            {
                file.Reopen();
            }
        }
    }

    /// <summary>Writes what the logs hold and closes; the loops have ended.</summary>
    public void Close()
    {
        foreach (ProxyWorker worker in All)
        {
            worker.Log.OnTimer();
            worker.Loop.Dispose();
            worker.Tls.Dispose();
        }
        foreach (LogFile file in _files.Values)
        {
            file.Dispose();
        }
        Exporters.Dispose();
    }
}
