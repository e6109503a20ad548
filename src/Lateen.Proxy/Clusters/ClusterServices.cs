using Lateen.Net.Sockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Clusters;

/// <summary>What a cluster needs of the proxy to come to life: the loop of its timers, random numbers, the clock.</summary>
internal sealed class ClusterServices(ProxyWorker first, Random random, Func<long> now)
{
    /// <summary>The loop on which outlier intervals and health checks run.</summary>
    public EventLoop Loop => first.Loop;

    public ProxyWorker Worker => first;

    public Random Random => random;

    public Func<long> Now => now;

    /// <summary>Runs something on that loop.</summary>
    public void Start(Action action) => Loop.Post(action);
}
