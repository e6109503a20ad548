using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.Http;

/// <summary>Requests of the proxy's own, and what a filter that asks somebody else needs of the request it holds back.</summary>
internal sealed partial class HttpExchange
{
    private int _bodyWanted;

    /// <summary>What the filter that holds the request back is waiting for; ends with the request.</summary>
    public FilterWork? Work { get; set; }

    /// <summary>The bytes of the request's body that are here, while no upstream has taken any.</summary>
    public ReadOnlySpan<byte> KeptBody => _body.AsSpan(0, _bodyLength);

    /// <summary>All of the request is here.</summary>
    public bool IsRequestComplete => _requestComplete;

    /// <summary>The request is held back until <see cref="ContinueFilters"/>.</summary>
    public void HoldInFilter() => _waiting = true;

    /// <summary>The filter is asked again when so many bytes of the body are here, or all of it.</summary>
    public void WaitForBody(int bytes)
    {
        _waiting = true;
        _bodyWanted = Math.Max(bytes, 1);
    }

    /// <summary>A request that no client sent: head in <see cref="Request"/>, body given; the answer goes to the stream it is attached to.</summary>
    public void BeginSideCall(ClusterState cluster, long timeoutMilliseconds, ReadOnlySpan<byte> body)
    {
        Count();
        (Cluster, _clusterConfig, _requestComplete) = (cluster, cluster.Config, true);
        _limits.Timeout = timeoutMilliseconds;
        LastDownstreamIn = _worker.Loop.Now;
        if (_clusterConfig is null)
        {
            Reply(503, [], AccessLog.ResponseFlags.NC, "cluster_not_found");
            return;
        }
        Keep(body);
        StartAttempt();
    }

    /// <summary>Chooses the route again, after a filter has changed what routes match on (clear_route_cache).</summary>
    public void SelectRouteAgain()
    {
        ResetRoute();
        Cluster = null;
        SelectRoute();
    }

    private void OnBodyKept()
    {
        if (_bodyWanted > 0 && (_requestComplete || _bodyLength >= _bodyWanted))
        {
            _bodyWanted = 0;
            ContinueFilters();
        }
    }

    private void EndWork()
    {
        _bodyWanted = 0;
        if (Work is { } work)
        {
            Work = null;
            work.Cancel();
        }
    }
}

/// <summary>What a filter has under way for one request.</summary>
internal abstract class FilterWork
{
    /// <summary>The request has ended before the work has.</summary>
    public abstract void Cancel();
}
