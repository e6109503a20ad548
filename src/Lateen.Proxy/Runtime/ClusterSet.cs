using System.Net;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Runtime;

/// <summary>Clusters and endpoints as CDS and EDS tell them. Used under the server's lock.</summary>
/// <remarks>
/// A changed cluster begins with new hosts; its old pools finish what they have. Changed endpoints keep the hosts whose address stays. A removed
/// cluster goes on for a grace time, so that a route change that follows its removal loses no request.
/// </remarks>
internal sealed class ClusterSet(ProxyRuntime runtime, ProxyOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RemovalGrace = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, EndpointSet> _assignments = [];
    private readonly Dictionary<string, HashSet<string>> _byService = [];
    private readonly HashSet<string> _present = [];
    private readonly Lock _lock = new();

    /// <summary>EDS names of the present clusters.</summary>
    public IReadOnlyCollection<string> ServiceNames
    {
        get
        {
            lock (_lock)
            {
                return [.. _present.Select(n => runtime.FindCluster(n)?.Config).Where(c => c is { Discovery: DiscoveryKind.Eds })
                    .Select(c => c!.EdsServiceName).Distinct().Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Secrets that the present clusters refer to.</summary>
    public IReadOnlyCollection<SecretState> Secrets
    {
        get
        {
            lock (_lock)
            {
                return [.. _present.SelectMany(n => runtime.FindCluster(n)?.Config?.Secrets ?? []).Distinct()];
            }
        }
    }

    public void Put(CompileScope scope, Cluster message)
    {
        ClusterConfig? config = ClusterCompiler.Compile(scope, message);
        if (config is null)
        {
            return;
        }
        ClusterState state = runtime.ClusterOf(config.Name);
        lock (_lock)
        {
            state.Rename(config.ObservabilityName);
            if (config.HasTls)
            {
                state.TlsStats ??= new TlsStats(runtime, $"cluster.{config.ObservabilityName}.ssl.");
            }
            Index(state, config);
            EndpointSet? endpoints = config.Discovery switch
            {
                DiscoveryKind.Static => config.StaticEndpoints,
                DiscoveryKind.Eds => _assignments.GetValueOrDefault(config.EdsServiceName),
                _ => EndpointSet.Empty,
            };
            bool isDns = config.Discovery is DiscoveryKind.StrictDns or DiscoveryKind.LogicalDns;
            if (endpoints is null && state.Config is { Discovery: DiscoveryKind.Eds } last && last.EdsServiceName == config.EdsServiceName
                && state.WarmingUntil == 0)
            {
                endpoints = state.Waiting ?? new EndpointSet([.. state.Hosts.All.Select(h => h.Config)]);
            }
            state.WarmingUntil = endpoints is null || isDns ? ProxyRuntime.Now + (long)options.WarmingTimeout.TotalMilliseconds : 0;
            lock (state.Gate)
            {
                Drain(state, state.Begin(config, endpoints ?? EndpointSet.Empty, runtime.Services));
            }
            if (isDns)
            {
                _ = ResolveAsync(state, config);
            }
        }
        if (config.HealthCheck is not null)
        {
            // Checks begin with the configuration, not with the first request (Envoy, "Active health checking").
            state.Activate(runtime.Services);
        }
    }

    public void Remove(string name)
    {
        lock (_lock)
        {
            _present.Remove(name);
        }
        _ = RemoveLaterAsync(name);
    }

    public void PutEndpoints(CompileScope scope, ClusterLoadAssignment message)
    {
        EndpointSet endpoints = ClusterCompiler.Endpoints(scope, message, "");
        if (scope.Problems.Count > 0)
        {
            return;
        }
        lock (_lock)
        {
            _assignments[message.ClusterName] = endpoints;
            foreach (string name in _byService.GetValueOrDefault(message.ClusterName) ?? [])
            {
                ClusterState state = runtime.ClusterOf(name);
                if (state.Config is { Discovery: DiscoveryKind.Eds } config && config.EdsServiceName == message.ClusterName)
                {
                    Update(state, endpoints);
                }
            }
        }
    }

    public void RemoveEndpoints(string serviceName)
    {
        lock (_lock)
        {
            _assignments.Remove(serviceName);
        }
    }

    private void Index(ClusterState state, ClusterConfig config)
    {
        _present.Add(config.Name);
        if (state.Config is { Discovery: DiscoveryKind.Eds } last && _byService.TryGetValue(last.EdsServiceName, out HashSet<string>? former))
        {
            former.Remove(config.Name);
        }
        if (config.Discovery == DiscoveryKind.Eds)
        {
            (_byService.TryGetValue(config.EdsServiceName, out HashSet<string>? names) ? names : _byService[config.EdsServiceName] = []).Add(config.Name);
        }
    }

    private void Update(ClusterState state, EndpointSet endpoints)
    {
        lock (state.Gate)
        {
            Drain(state, state.Update(endpoints, runtime.Services));
        }
        state.WarmingUntil = 0;
        CountMembership(state);
    }

    private void Drain(ClusterState state, Host[] removed)
    {
        if (removed.Length > 0)
        {
            runtime.Broadcast(worker => state.Workers[worker.Index]?.DrainRemoved(removed));
        }
    }

    // Clusters in use only: a block of statistics is made by the first use.
    private void CountMembership(ClusterState state)
    {
        if (state.Waiting is null)
        {
            runtime.All[0].Loop.Post(() =>
            {
                StatBlock stats = state.Stats.For(0);
                stats.Add(ClusterStat.MembershipChange);
                stats.Add(ClusterStat.UpdateSuccess);
            });
        }
    }

    private async Task RemoveLaterAsync(string name)
    {
        await Task.Delay(RemovalGrace, time).ConfigureAwait(false);
        lock (_lock)
        {
            if (_present.Contains(name) || runtime.FindCluster(name) is not { } state)
            {
                return;
            }
            lock (state.Gate)
            {
                Drain(state, state.Begin(null, EndpointSet.Empty, runtime.Services));
            }
        }
    }

    // STRICT_DNS: every address is a host; LOGICAL_DNS: the first. Runs until the cluster is replaced or removed.
    private async Task ResolveAsync(ClusterState state, ClusterConfig config)
    {
        while (ReferenceEquals(state.Config, config))
        {
            List<EndpointConfig> endpoints = [];
            bool complete = true;
            foreach (DnsEndpointConfig endpoint in config.DnsEndpoints)
            {
                try
                {
                    IPAddress[] addresses = await Dns.GetHostAddressesAsync(endpoint.Name).ConfigureAwait(false);
                    IEnumerable<IPAddress> used = config.Discovery == DiscoveryKind.LogicalDns ? addresses.Take(1) : addresses.Distinct();
                    endpoints.AddRange(used.Select(a => endpoint.Template with { Address = IpEndpoint.From(a, endpoint.Port) }));
                }
                catch (Exception e) when (e is SocketException or ArgumentException)
                {
                    complete = false;
                    ProxyLog.ResolveFailed(logger, endpoint.Name, config.Name, e.Message);
                }
            }
            lock (_lock)
            {
                if (ReferenceEquals(state.Config, config) && (complete || endpoints.Count > 0))
                {
                    Update(state, new EndpointSet(endpoints));
                }
                state.WarmingUntil = 0;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(config.DnsRefreshMilliseconds), time).ConfigureAwait(false);
        }
    }
}
