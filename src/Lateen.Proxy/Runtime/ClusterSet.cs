using System.Net;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Packing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Runtime;

/// <summary>Clusters and endpoints as CDS and EDS tell them. Used under the server's lock.</summary>
/// <remarks>
/// A changed cluster begins with new hosts; its old pools finish what they have. Changed endpoints keep the hosts whose address stays. A removed
/// cluster goes on for a grace time, so that a route change that follows its removal loses no request.
/// </remarks>
/// <param name="runtime">Holds what clusters outlive.</param>
/// <param name="assignments">The endpoints that were accepted.</param>
/// <param name="options">Settings of the host.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told of names that do not resolve.</param>
internal sealed class ClusterSet(ProxyRuntime runtime, ResourceStore assignments, ProxyOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan RemovalGrace = TimeSpan.FromSeconds(3);

    // Clusters whose endpoints have another name than they have themselves, by that name.
    private readonly Dictionary<string, ClusterState[]> _byService = [];
    private readonly Dictionary<string, ClusterState> _present = [];
    private readonly Lock _lock = new();
    private SecretState[] _lastSecrets = [];

    /// <summary>EDS names of the present clusters.</summary>
    public IReadOnlyCollection<string> ServiceNames
    {
        get
        {
            lock (_lock)
            {
                return [.. _present.Values.Select(c => c.EdsServiceName).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
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
                return [.. _present.Values.SelectMany(c => c.Secrets).Distinct()];
            }
        }
    }

    /// <param name="scope">Takes the problems.</param>
    /// <param name="message">The cluster.</param>
    /// <param name="received">The same as bytes.</param>
    public void Put(CompileScope scope, Cluster message, PackedBytes received)
    {
        ClusterConfig? config = ClusterCompiler.Compile(scope, message);
        if (config is null)
        {
            return;
        }
        ClusterState state = runtime.ClusterOf(config.Name);
        bool isDns = config.Discovery is DiscoveryKind.StrictDns or DiscoveryKind.LogicalDns;
        lock (_lock)
        {
            lock (state.Gate)
            {
                PutUnderGate(state, config, received);
            }
        }
        if (config.HealthCheck is not null)
        {
            // Checks begin with the configuration, not with the first request (Envoy, "Active health checking").
            state.Activate(runtime.Services);
        }
        if (isDns && state.Config is { } resolved)
        {
            _ = ResolveAsync(state, resolved);
        }
    }

    public void Remove(string name)
    {
        lock (_lock)
        {
            if (_present.Remove(name, out ClusterState? state))
            {
                _ = RemoveLaterAsync(state);
            }
        }
    }

    /// <param name="scope">Takes the problems.</param>
    /// <param name="message">The endpoints of one service.</param>
    /// <param name="received">The same as bytes.</param>
    public void PutEndpoints(CompileScope scope, ClusterLoadAssignment message, PackedBytes received)
    {
        EndpointSet endpoints = ClusterCompiler.Endpoints(scope, message, "");
        if (scope.Problems.Count > 0)
        {
            return;
        }
        lock (_lock)
        {
            foreach (ClusterState state in OfService(message.ClusterName))
            {
                Update(state, endpoints, received);
            }
        }
    }

    private void PutUnderGate(ClusterState state, ClusterConfig config, PackedBytes received)
    {
        bool isEds = config.Discovery == DiscoveryKind.Eds;
        // Endpoints that came before stay until others come, if the cluster asks for the same.
        bool keeps = isEds && state.EdsServiceName == config.EdsServiceName && state.WarmingUntil == 0;
        PackedBytes? assignment = !isEds ? null
            : assignments.Find(config.EdsServiceName) ?? (keeps ? state.Dormant?.Assignment : null);
        EndpointSet? endpoints = assignment is not null ? Endpoints(assignment)
            : !isEds ? config.StaticEndpoints
            : keeps && state.Dormant is null ? new EndpointSet([.. state.Hosts.All.Select(h => h.Config)]) : null;
        bool waits = endpoints is null || config.Discovery is DiscoveryKind.StrictDns or DiscoveryKind.LogicalDns;
        state.WarmingUntil = waits ? ProxyRuntime.Now + (long)options.WarmingTimeout.TotalMilliseconds : 0;
        Unindex(state);
        DormantCluster dormant = DormantCluster.Of(runtime, received, config);
        dormant.SetAssignment(assignment, endpoints ?? EndpointSet.Empty);
        if (!state.Introduce(config, dormant, Shared([.. config.Secrets])))
        {
            Drain(state, state.Begin(config, endpoints ?? EndpointSet.Empty, runtime.Services));
        }
        Index(state);
    }

    private EndpointSet Endpoints(PackedBytes assignment) =>
        ClusterCompiler.Endpoints(new CompileScope(runtime, ""), ClusterLoadAssignment.Parser.ParseFrom(assignment.ToArray()), "");

    // Nearly all clusters refer to the same two.
    private SecretState[] Shared(SecretState[] secrets) => _lastSecrets.SequenceEqual(secrets) ? _lastSecrets : _lastSecrets = secrets;

    private ClusterState[] OfService(string service)
    {
        ClusterState[] others = _byService.GetValueOrDefault(service) ?? [];
        return runtime.FindCluster(service) is { } own && own.EdsServiceName == service ? [own, .. others] : others;
    }

    private void Unindex(ClusterState state)
    {
        if (state.EdsServiceName is { } former && _byService.TryGetValue(former, out ClusterState[]? states))
        {
            ClusterState[] others = [.. states.Where(s => s != state)];
            if (others.Length == 0)
            {
                _byService.Remove(former);
            }
            else
            {
                _byService[former] = others;
            }
        }
    }

    private void Index(ClusterState state)
    {
        _present[state.Name] = state;
        if (state.EdsServiceName is { } service && service != state.Name)
        {
            _byService[service] = [.. _byService.GetValueOrDefault(service) ?? [], state];
        }
    }

    private void Update(ClusterState state, EndpointSet endpoints, PackedBytes? received)
    {
        lock (state.Gate)
        {
            if (state.Dormant is { } dormant)
            {
                if (received is null)
                {
                    dormant.SetEndpoints(endpoints);
                }
                else
                {
                    dormant.SetAssignment(received, endpoints);
                }
            }
            else
            {
                Drain(state, state.Update(endpoints, runtime.Services));
            }
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
        if (state.Dormant is null)
        {
            runtime.All[0].Loop.Post(() =>
            {
                StatBlock stats = state.Stats.For(0);
                stats.Add(ClusterStat.MembershipChange);
                stats.Add(ClusterStat.UpdateSuccess);
            });
        }
    }

    private async Task RemoveLaterAsync(ClusterState state)
    {
        await Task.Delay(RemovalGrace, time).ConfigureAwait(false);
        lock (_lock)
        {
            if (_present.ContainsKey(state.Name))
            {
                return;
            }
            lock (state.Gate)
            {
                Unindex(state);
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
                    Update(state, new EndpointSet(endpoints), null);
                }
                state.WarmingUntil = 0;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(config.DnsRefreshMilliseconds), time).ConfigureAwait(false);
        }
    }
}
