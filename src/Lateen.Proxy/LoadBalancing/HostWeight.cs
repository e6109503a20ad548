using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>What a host weighs at this moment: its configured weight, less the requests it has in flight, less while it starts.</summary>
internal readonly struct HostWeight(ClusterConfig config, bool byActiveRequests, EventLoop loop)
{
    public double Of(Host host)
    {
        double weight = host.Config.Weight;
        if (byActiveRequests && config.ActiveRequestBias > 0)
        {
            // Envoy, LeastRequestLbConfig.active_request_bias: weight / (active + 1) ^ bias.
            double active = host.ActiveRequests + 1;
            weight /= config.ActiveRequestBias == 1 ? active : Math.Pow(active, config.ActiveRequestBias);
        }
        return config.SlowStart is { } slow ? Math.Max(weight * slow.Factor(loop.Now - host.HealthySince), 1e-9) : weight;
    }
}

/// <summary>envoy.config.cluster.v3.Cluster.SlowStartConfig: a host that has just come gets its share little by little.</summary>
internal sealed record SlowStart(long WindowMilliseconds, double Aggression, double MinimumShare)
{
    public double Factor(long sinceHealthy)
    {
        if (sinceHealthy >= WindowMilliseconds)
        {
            return 1;
        }
        double time = Math.Max(sinceHealthy, 1) / (double)WindowMilliseconds;
        return Math.Max(MinimumShare, Aggression == 1 ? time : Math.Pow(time, 1 / Aggression));
    }
}
