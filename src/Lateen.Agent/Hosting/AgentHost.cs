using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Envoy.Config.Core.V3;
using Lateen.Agent.Identity;
using Lateen.Agent.Interception;
using Lateen.Agent.Dns;
using Lateen.Agent.Settings;
using Lateen.Agent.Status;
using Lateen.Agent.Verbs;
using Lateen.Agent.XdsFiles;
using Lateen.Grpc.Client;
using Lateen.Interception.Probe;
using Lateen.Logging;
using Lateen.Net.Tls;
using Lateen.Proxy;
using Lateen.Proxy.Admin;
using Lateen.Proxy.Local;
using Lateen.Xds.Client;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Hosting;

/// <summary>Agent and data plane in one process: puts the parts together, runs them, drains them.</summary>
/// <remarks>
/// Start: the last good configuration is applied first, then the control plane's. End (SIGTERM, SIGINT, quitquitquit): readiness fails
/// and connections are drained for terminationDrainDuration, or until none is left with EXIT_ON_ZERO_ACTIVE_CONNECTIONS; then all stops.
/// </remarks>
internal sealed class AgentHost
{
    /// <summary>signal(7): the number on Linux; PosixSignal takes numbers beside its own names.</summary>
    private const int SigUsr1 = 10;

    private readonly AgentOptions _options;
    private readonly ConsoleLogFactory _logs;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ProxyServer _proxy;
    private readonly ProxyResources _resources;
    private readonly ConfigCache _cache;
    private readonly MemoryTrimmer _trimmer;
    private readonly InterceptionCheck _interception;
    private readonly DnsProxy? _dns;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AgentHost(AgentOptions options, ConsoleLogFactory logs, TimeProvider time, HttpClient metricsClient, AppProbes probes)
    {
        _options = options;
        _logs = logs;
        _time = time;
        _logger = logs.CreateLogger(LogLevels.DefaultScope);
        var node = NodeBuilder.Build(options);
        LocalPages? pages = null;
        _proxy = new ProxyServer(
            new ProxyOptions
            {
                Concurrency = options.Concurrency,
                NodeId = node.Id,
                NodeCluster = node.Cluster,
                NodeMetadata = node.Metadata,
                Version = VersionVerb.Version,
                Environment = options.Environment,
                ZipkinAddress = options.Proxy.ZipkinAddress,
                DrainTime = options.Proxy.DrainDuration,
                // The pages need the proxy and the proxy their listeners: each listener finds its page when the first request comes.
                LocalListeners = Listeners(options, name => pages![name]),
            },
            logs, time, Random.Shared);
        _dns = DnsProxyFactory.Create(options);
        _trimmer = new MemoryTrimmer(time, () => _proxy.ActiveConnections, MemoryTrimmer.Trim);
        _cache = new ConfigCache(options.XdsFile is null ? options.StatePath : null, time, _logger, _trimmer.OnConfiguration);
        _resources = new ProxyResources(_proxy, _cache, _trimmer, _dns?.Resolver);
        _proxy.Observer = _resources;
        _interception = new InterceptionCheck(
            InterceptionPlan.Of(options) is { } plan ? cancellation => InterceptionProbe.DialAsync(plan.Version, plan.Ports, cancellation) : null, time, _logger);
        var readiness = new Readiness(_proxy, _resources, _interception, _logger);
        var stats = new StatsPage(_proxy);
        var inclusion = ScrapeSettings.Inclusion(options);
        pages = new LocalPages
        {
            ["admin"] = new AdminPages(_proxy, new AdminContext
            {
                Node = () => NodeBuilder.Build(options),
                Version = $"lateen/{VersionVerb.Version}/Clean/RELEASE/OpenSSL",
                Address = $"127.0.0.1:{options.Proxy.ProxyAdminPort}",
                Concurrency = options.Concurrency,
                StartedAt = time.GetUtcNow(),
                Time = time,
                Quit = End,
                Logging = new LogLevelControl(logs.Levels),
            }),
            ["status"] = new StatusPages(readiness, new MergedMetrics(stats, inclusion, options, metricsClient, _logger), probes, End),
            ["health"] = new HealthPages(readiness),
            ["prometheus"] = new MetricsPages(stats, inclusion),
        };
    }

    /// <summary>The data plane, for tests that ask it where it listens.</summary>
    internal ProxyServer Proxy => _proxy;

    /// <summary>Asks the agent to drain and end.</summary>
    public void End() => _end.TrySetResult();

    /// <summary>Runs until <see cref="End"/>, a signal, or the data plane's failure; returns the exit code.</summary>
    public async Task<int> RunAsync()
    {
        if (_options.XdsFile is null && ControlPlaneChannel.Problem(_options) is { } problem)
        {
            Console.Error.WriteLine($"Error: {problem}");
            return 1;
        }
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var reopen = PosixSignalRegistration.Create((PosixSignal)SigUsr1, signal =>
        {
            signal.Cancel = true;
            _proxy.ReopenLogs();
        });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        Node node = NodeBuilder.Build(_options);
        AgentLog.Starting(_logger, VersionVerb.Version, _options.Role, node.Id, _options.XdsFile ?? _options.Proxy.DiscoveryAddress, _options.Concurrency);
        if (!ControlPlaneChannel.TrustsTheMachinesRoots(_options))
        {
            // Before the proxy's threads are there, which may read the environment.
            MachineRoots.LeaveOut();
        }
        using var stop = new CancellationTokenSource();
        var proxy = _proxy.RunAsync(stop.Token);
        var names = _dns?.RunAsync(stop.Token) ?? Task.CompletedTask;
        using GrpcChannel? discovery = _options.XdsFile is null ? ControlPlaneChannel.Create(_options) : null;
        var configuration = discovery is null
            ? new XdsFileFollower(_options.XdsFile!, _proxy, _trimmer.OnConfiguration, _time, _logger).RunAsync(stop.Token)
            : FollowControlPlaneAsync(discovery, stop.Token);
        // One server, one connection: a second handshake would be what readiness waits for.
        using GrpcChannel? otherAuthority = discovery is not null && _options.AuthorityAddress != _options.Proxy.DiscoveryAddress
            ? ControlPlaneChannel.Create(_options, _options.AuthorityAddress) : null;
        var secrets = Secrets(_options.HasOnlyFileCertificates ? null : otherAuthority ?? discovery).RunAsync(stop.Token);
        var memory = _trimmer.RunAsync(stop.Token);
        var interception = _interception.RunAsync(_proxy.WhenReadyAsync, stop.Token);
        var kept = _cache.RunAsync(_proxy, stop.Token);
        await Task.WhenAny(_end.Task, proxy);
        if (!proxy.IsCompleted)
        {
            await DrainAsync(proxy);
        }
        await stop.CancelAsync();
        await configuration;
        await secrets;
        await interception;
        await proxy;
        await names;
        await kept;
        await memory;
        AgentLog.Terminated(_logger);
        return 0;
    }

    private WorkloadSecrets Secrets(GrpcChannel? authority)
    {
        double Share(string name, double otherwise) => double.TryParse(
            _options.Variable(name, ""), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double share) ? share : otherwise;
        return new WorkloadSecrets(
            _proxy, new FileMaterial(_options), authority is null ? null : new CertificateRequester(_options, authority, _logger),
            new RotationSchedule(Share("SECRET_GRACE_PERIOD_RATIO", 0.5), Share("SECRET_GRACE_PERIOD_RATIO_JITTER", 0.01), Random.Shared),
            _time, _logger);
    }

    private static List<LocalListener> Listeners(AgentOptions options, Func<string, ILocalHandler> page)
    {
        var listeners = new List<LocalListener>
        {
            new("admin", new IPEndPoint(IPAddress.Loopback, options.Proxy.ProxyAdminPort), new LatePage(() => page("admin"))),
            new("health", new IPEndPoint(IPAddress.Any, options.HealthPort), new LatePage(() => page("health"))),
            new("prometheus", new IPEndPoint(IPAddress.Any, options.PrometheusPort), new LatePage(() => page("prometheus"))),
        };
        if (options.Proxy.StatusPort > 0)
        {
            listeners.Add(new("status", new IPEndPoint(IPAddress.Any, options.Proxy.StatusPort), new LatePage(() => page("status"))));
        }
        return listeners;
    }

    private void OnSignal(PosixSignalContext signal)
    {
        // The default action would end the process before anything is drained.
        signal.Cancel = true;
        End();
    }

    private async Task FollowControlPlaneAsync(GrpcChannel channel, CancellationToken cancellation)
    {
        if (_cache.Restore(_proxy) is > 0 and var resources)
        {
            AgentLog.Restored(_logger, _options.StatePath, resources);
        }
        var client = new AdsClient(
            channel,
            new AdsClientOptions
            {
                Node = () => NodeBuilder.Build(_options),
                Metadata = () => ControlPlaneChannel.Metadata(_options, _logger),
                WildcardTypes = _resources.WildcardTypes,
                NamedTypes = ProxyResources.NamedTypes,
            },
            _resources, _logs, _time, Random.Shared);
        _resources.Client = client;
        await client.RunAsync(cancellation);
    }

    private async Task DrainAsync(Task proxy)
    {
        AgentLog.Draining(_logger);
        _proxy.Drain();
        if (_options.Variable("EXIT_ON_ZERO_ACTIVE_CONNECTIONS", "false") != "true")
        {
            AgentLog.Terminating(_logger, _options.Proxy.TerminationDrainDuration.TotalSeconds);
            await Task.WhenAny(proxy, Task.Delay(_options.Proxy.TerminationDrainDuration, _time));
            return;
        }
        await Task.WhenAny(proxy, Task.Delay(TimeSpan.FromSeconds(5), _time));
        while (!proxy.IsCompleted && _proxy.ActiveConnections is > 0 and var active)
        {
            AgentLog.StillActive(_logger, active);
            await Task.WhenAny(proxy, Task.Delay(TimeSpan.FromSeconds(1), _time));
        }
    }
}
