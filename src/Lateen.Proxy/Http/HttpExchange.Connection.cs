using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Pools;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>Which host and which of its connections an attempt uses.</summary>
internal sealed partial class HttpExchange
{
    private const int MaximumTried = 8;
    private const int WarmingPollMilliseconds = 5;

    private readonly Host?[] _tried = new Host?[MaximumTried];
    private int _triedCount;
    private ulong? _hash;
    private byte[]? _hashCookie;

    private void StartAttempt()
    {
        if (Cluster!.WarmingUntil > _worker.Loop.Now)
        {
            // The cluster was just added: its endpoints are on their way, an error now would be ours.
            _worker.Loop.ArmTimer(_waitTimer, WarmingPollMilliseconds);
            return;
        }
        // A retry goes by what is in force now: a host may be gone since.
        _clusterConfig = Cluster.Config ?? _clusterConfig!;
        _clusterWorker = ClusterWorker.For(_worker, Cluster);
        if (Attempts == 0)
        {
            ArmRequestTimer();
        }
        PickContext context = new()
        {
            OriginalDestination = DownstreamLocal,
            Tried = _tried.AsSpan(0, _triedCount)!,
            MaximumReselections = _triedCount == 0 ? 0 : _limits.Retry?.HostReselections ?? 0,
            Hash = _hash,
        };
        Host? host = _clusterWorker.Pick(_clusterConfig, context);
        if (host is null)
        {
            _clusterWorker.Stats.Add(ClusterStat.UpstreamCxNoneHealthy);
            Reply(503, "no healthy upstream"u8, ResponseFlags.UH, "no_healthy_upstream");
            return;
        }
        Host = host;
        Attempts++;
        if (_triedCount < MaximumTried)
        {
            _tried[_triedCount++] = host;
        }
        if (_route?.Action is Forward { AutoHostRewrite: true } && host.Config.Hostname.Length > 0)
        {
            Request.Set(HttpField.Host, System.Text.Encoding.ASCII.GetBytes(host.Config.Hostname));
        }
        _pool = _clusterWorker.PoolOf(host, _clusterConfig, KeyFor(host), _downstream?.Connection);
        _pool.Acquire(this);
    }

    private bool IsHighPriority => _route?.Action is Forward { IsHighPriority: true };

    private BreakerCounts Breaker => _clusterWorker!.Counts(IsHighPriority);

    // Which connections may carry the request: nearly always one of the two that everybody shares.
    private PoolKey KeyFor(Host host)
    {
        DownstreamConnection client = _downstream!.Connection;
        UpstreamOrigin origin = _clusterConfig!.TellsClients || client.OriginalSource is not null
            ? UpstreamOrigin.Of(client, _clusterConfig, host) : default;
        if (_clusterConfig.TakesServerName || _clusterConfig.ChecksServerName)
        {
            origin = origin with { ServerName = WantedHost(), ChecksServerName = _clusterConfig.ChecksServerName };
        }
        return EndsConnect ? new PoolKey(false, IsHighPriority, origin) { IsRaw = true }
            : new PoolKey(ClusterWorker.IsHttp2(_clusterConfig, DownstreamProtocol), IsHighPriority, origin);
    }

    // The host that is asked for, without its port; the same host is the same string, whatever request names it.
    private string? WantedHost()
    {
        ReadOnlySpan<byte> host = _clusterConfig!.ServerNameHeader.Length > 0
            && Request.TryGet(_clusterConfig.ServerNameHeader, out ReadOnlySpan<byte> named) && !named.IsEmpty ? named : Request.Get(HttpField.Host);
        host = RouteTable.CutPort(host).Trim("[]"u8);
        return host.IsEmpty ? null : _worker.Telemetry.Text(host);
    }
}
