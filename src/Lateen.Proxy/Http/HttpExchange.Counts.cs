using Lateen.Proxy.Stats;

namespace Lateen.Proxy.Http;

/// <summary>What an attempt counts: requests under way, answers, errors of the host.</summary>
internal sealed partial class HttpExchange
{
    private bool _requestCounted;

    private void CountRequest(IUpstreamStream upstream)
    {
        _requestCounted = true;
        _pool = upstream.Pool;
        Breaker.ActiveRequests++;
        StatBlock stats = _clusterWorker!.Stats;
        stats.Add(ClusterStat.UpstreamRqTotal);
        stats.Add(ClusterStat.UpstreamRqActive);
        _pool.Counts.RqTotal++;
        _pool.Counts.RqActive++;
    }

    private void UncountRequest()
    {
        if (_requestCounted)
        {
            _requestCounted = false;
            Breaker.ActiveRequests--;
            _clusterWorker!.Stats.Add(ClusterStat.UpstreamRqActive, -1);
            _pool!.Counts.RqActive--;
        }
    }

    private void CountResponse(int status)
    {
        StatBlock stats = _clusterWorker!.Stats;
        stats.Add(ClusterStat.UpstreamRqCompleted);
        stats.Values[(int)ClusterStat.UpstreamRq1xx + Math.Min(status / 100, 5) - 1]++;
        stats.AddCode(status);
        stats.Record(1, _worker.Loop.Now - Start);
        if (status >= 500)
        {
            _pool!.Counts.RqError++;
        }
        else
        {
            _pool!.Counts.RqSuccess++;
        }
    }

    private void CountHostError()
    {
        if (_pool is not null)
        {
            _pool.Counts.RqError++;
        }
    }
}
