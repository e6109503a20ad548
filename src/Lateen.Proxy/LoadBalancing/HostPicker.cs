using Lateen.Proxy.Clusters;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Chooses among the hosts of one group; never empty. One thread's own.</summary>
internal abstract class HostPicker
{
    public abstract Host Pick(FastRandom random);

    public static HostPicker Create(ClusterConfig config, Host[] hosts, ProxyWorker worker)
    {
        FastRandom random = worker.Random;
        if (config.Policy == LoadBalancingPolicy.Random || hosts.Length == 1)
        {
            return new RandomPicker(hosts);
        }
        bool equal = config.SlowStart is null && Array.TrueForAll(hosts, h => h.Config.Weight == hosts[0].Config.Weight);
        bool least = config.Policy == LoadBalancingPolicy.LeastRequest;
        if (!equal)
        {
            return new EarliestDeadlinePicker(hosts, new HostWeight(config, least, worker.Loop), random);
        }
        return least ? new LeastRequestPicker(hosts, config.ChoiceCount) : new RoundRobinPicker(hosts, random);
    }
}

/// <summary>Uniform; weights are ignored (Envoy: RANDOM).</summary>
internal sealed class RandomPicker(Host[] hosts) : HostPicker
{
    public override Host Pick(FastRandom random) => hosts.Length == 1 ? hosts[0] : hosts[random.Below(hosts.Length)];
}

/// <summary>One after the other, from a random start so that the threads and sidecars of a mesh do not move in step.</summary>
internal sealed class RoundRobinPicker(Host[] hosts, FastRandom seed) : HostPicker
{
    private int _next = seed.Below(hosts.Length);

    public override Host Pick(FastRandom random)
    {
        Host host = hosts[_next];
        _next = _next + 1 == hosts.Length ? 0 : _next + 1;
        return host;
    }
}

/// <summary>The least loaded of a few random draws, with replacement; a tie keeps the first (Envoy: LEAST_REQUEST with equal weights).</summary>
internal sealed class LeastRequestPicker(Host[] hosts, int choices) : HostPicker
{
    public override Host Pick(FastRandom random)
    {
        Host best = hosts[random.Below(hosts.Length)];
        for (int i = 1; i < choices; i++)
        {
            Host other = hosts[random.Below(hosts.Length)];
            if (other.ActiveRequests < best.ActiveRequests)
            {
                best = other;
            }
        }
        return best;
    }
}
