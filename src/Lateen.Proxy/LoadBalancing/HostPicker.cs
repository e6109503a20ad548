using Lateen.Proxy.Clusters;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Chooses among the hosts of one group; never empty. One thread's own.</summary>
internal abstract class HostPicker
{
    public abstract Host Pick(FastRandom random);

    public static HostPicker Create(ClusterConfig config, Host[] hosts, FastRandom random)
    {
        if (config.Policy == LoadBalancingPolicy.Random || hosts.Length == 1)
        {
            return new RandomPicker(hosts);
        }
        bool equal = hosts.All(h => h.Config.Weight == hosts[0].Config.Weight);
        return (config.Policy, equal) switch
        {
            (LoadBalancingPolicy.LeastRequest, true) => new LeastRequestPicker(hosts, config.ChoiceCount),
            (LoadBalancingPolicy.LeastRequest, false) => new EarliestDeadlinePicker(hosts, byActiveRequests: true, random),
            (_, true) => new RoundRobinPicker(hosts, random),
            _ => new EarliestDeadlinePicker(hosts, byActiveRequests: false, random),
        };
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
