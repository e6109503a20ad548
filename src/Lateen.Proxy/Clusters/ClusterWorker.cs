using Lateen.Net.Sockets;
using Lateen.Proxy.Http;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.LoadBalancing;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Clusters;

/// <summary>One thread's view of a cluster: load-balancer position, circuit-breaker counts, on-demand hosts. Made at first use.</summary>
internal sealed class ClusterWorker(ProxyWorker worker, ClusterState state)
{
    private const long OnDemandIdleMilliseconds = 10_000, OnDemandSweepMilliseconds = 1000;

    private readonly Dictionary<IpEndpoint, Host> _onDemand = [];
    private long _sweptAt;
    private HostSet? _seen;
    private HostPicker[][] _pickers = [];

    public ClusterState State { get; } = state;

    public StatBlock Stats { get; } = state.Stats.For(worker.Index);

    public BreakerCounts Default { get; } = new(state, isHigh: false);

    /// <summary>Of routes with priority HIGH.</summary>
    public BreakerCounts High { get; } = new(state, isHigh: true);

    public BreakerCounts Counts(bool isHigh) => isHigh ? High : Default;

    public static ClusterWorker For(ProxyWorker worker, ClusterState state)
    {
        if (state.Dormant is not null)
        {
            state.Activate(worker.Clusters);
        }
        return state.Workers[worker.Index] ??= new ClusterWorker(worker, state);
    }

    /// <summary>Chooses a host; null if there is none to choose.</summary>
    public Host? Pick(ClusterConfig config, in PickContext context)
    {
        if (config.Discovery == DiscoveryKind.OriginalDestination)
        {
            return PickOnDemand(context.OriginalDestination);
        }
        HostSet hosts = State.Hosts;
        if (!ReferenceEquals(hosts, _seen))
        {
            Rebuild(hosts, config);
        }
        if (hosts.TotalLoad == 0)
        {
            return null;
        }
        int level = ChooseLevel(hosts);
        if (hosts.Levels[level].IsPanic)
        {
            Stats.Add(ClusterStat.LbHealthyPanic);
        }
        if (config.IsHashed)
        {
            return PickByHash(hosts.Levels[level], config, context);
        }
        HostPicker[] groups = _pickers[level];
        HostPicker picker = groups.Length == 1 ? groups[0] : groups[ChooseGroup(hosts.Levels[level].Groups)];
        Host host = picker.Pick(worker.Random);
        for (int i = 0; i < context.MaximumReselections && context.Tried.Contains(host); i++)
        {
            host = picker.Pick(worker.Random);
        }
        return host;
    }

    /// <summary>True if a request that came by <paramref name="downstream"/> goes out by HTTP/2: the cluster's choice.</summary>
    public static bool IsHttp2(ClusterConfig config, HttpProtocol downstream) =>
        config.Http2 || (config.UseDownstreamProtocol && downstream == HttpProtocol.Http2);

    /// <summary>The pool of connections that are alike in all of <paramref name="key"/>.</summary>
    /// <param name="host">Where to.</param>
    /// <param name="config">The cluster's configuration in force.</param>
    /// <param name="key">What the connections have in common.</param>
    /// <param name="client">Whose request it is; a pool for this client alone ends with its connection.</param>
    public HostPool PoolOf(Host host, ClusterConfig config, in PoolKey key, DownstreamConnection? client)
    {
        if (key.IsPlain)
        {
            ref HostPool? pool = ref host.PoolOf(worker.Index, key.IsHttp2);
            return pool ??= NewPool(host, config, key);
        }
        if (host.FindPool(worker.Index, key) is { } known)
        {
            return known;
        }
        HostPool special = NewPool(host, config, key);
        host.AddPool(worker.Index, special);
        if (key.Origin.IsOfOneClient)
        {
            client?.Own(special);
        }
        return special;
    }

    /// <summary>Closes the pools of hosts that are no longer in the cluster; their running requests finish.</summary>
    public void DrainRemoved(IReadOnlyList<Host> removed)
    {
        foreach (Host host in removed)
        {
            host.DrainPools(worker.Index);
        }
    }

    private Host PickByHash(HostLevel level, ClusterConfig config, in PickContext context)
    {
        HashTable table = level.Table(config);
        // Without a hash (no policy found its header) any host will do.
        ulong hash = context.Hash ?? worker.Random.Next();
        Host host = Bounded(table, level, config, hash, 0);
        for (int i = 1; i <= context.MaximumReselections && context.Tried.Contains(host); i++)
        {
            host = Bounded(table, level, config, hash, i);
        }
        return host;
    }

    // Envoy, hash_balance_factor ("consistent hashing with bounded loads"): a host over its share passes the request on.
    private static Host Bounded(HashTable table, HostLevel level, ClusterConfig config, ulong hash, int attempt)
    {
        Host host = table.Find(hash, attempt);
        if (config.HashBalanceFactor == 0)
        {
            return host;
        }
        long active = 1;
        int count = 0;
        foreach (HostGroup group in level.Groups)
        {
            foreach (Host other in group.Hosts)
            {
                active += other.ActiveRequests;
                count++;
            }
        }
        double slots = Math.Max(1, Math.Ceiling(active * config.HashBalanceFactor / 100.0 / count));
        for (int i = 0; i < 4 * count && host.ActiveRequests >= slots; i++)
        {
            host = table.Find(hash = (hash * 6364136223846793005UL) + 1442695040888963407UL, attempt);
        }
        return host;
    }

    private HostPool NewPool(Host host, ClusterConfig config, in PoolKey key) => key.IsRaw ? new RawPool(worker, this, config, host, key)
        : key.IsHttp2 ? new Http2Pool(worker, this, config, host, key) : new Http1Pool(worker, this, config, host, key);

    private Host? PickOnDemand(in IpEndpoint destination)
    {
        if (!destination.IsValid || destination.Port == 0)
        {
            return null;
        }
        if (!_onDemand.TryGetValue(destination, out Host? host))
        {
            RemoveIdle();
            host = new Host(
                new EndpointConfig(destination, "", 1, HostHealth.Healthy, Locality.None, 0, ""), State.Workers.Length);
            _onDemand.Add(destination, host);
        }
        host.LastUsed = worker.Loop.Now;
        return host;
    }

    private void RemoveIdle()
    {
        // Looking at all of them for each new one would make many destinations expensive.
        if (worker.Loop.Now - _sweptAt < OnDemandSweepMilliseconds)
        {
            return;
        }
        _sweptAt = worker.Loop.Now;
        foreach ((IpEndpoint address, Host host) in _onDemand)
        {
            if (worker.Loop.Now - host.LastUsed > OnDemandIdleMilliseconds && host.IsUnused(worker.Index))
            {
                host.DrainPools(worker.Index);
                _onDemand.Remove(address);
            }
        }
    }

    private void Rebuild(HostSet hosts, ClusterConfig config)
    {
        _seen = hosts;
        _pickers = config.IsHashed ? []
            : [.. hosts.Levels.Select(l => l.Groups.Select(g => HostPicker.Create(config, g.Hosts, worker)).ToArray())];
    }

    private int ChooseLevel(HostSet hosts)
    {
        if (hosts.Levels.Length == 1)
        {
            return 0;
        }
        int at = worker.Random.Below(hosts.TotalLoad);
        int level = 0;
        while (at >= hosts.Levels[level].Load)
        {
            at -= hosts.Levels[level++].Load;
        }
        return level;
    }

    private int ChooseGroup(HostGroup[] groups)
    {
        double total = 0;
        foreach (HostGroup group in groups)
        {
            total += group.Weight;
        }
        double at = total * worker.Random.Below(1 << 24) / (1 << 24);
        int i = 0;
        while (i < groups.Length - 1 && at >= groups[i].Weight)
        {
            at -= groups[i++].Weight;
        }
        return i;
    }
}

/// <summary>What the choice of a host may depend on.</summary>
internal readonly ref struct PickContext
{
    /// <summary>For ORIGINAL_DST clusters.</summary>
    public IpEndpoint OriginalDestination { get; init; }

    /// <summary>Hosts that this request has tried (retry_host_predicate previous_hosts).</summary>
    public ReadOnlySpan<Host> Tried { get; init; }

    public int MaximumReselections { get; init; }

    /// <summary>For hash policies; null if the request gives none.</summary>
    public ulong? Hash { get; init; }
}
