using Envoy.Config.Cluster.V3;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Clusters;

/// <summary>DestinationRule.loadBalancer: the algorithm and the weighing of localities.</summary>
internal static class LoadBalancing
{
    private const ulong DefaultMinimumRingSize = 1024;

    public static void Apply(Cluster cluster, LoadBalancerSettings? settings, Protocol protocol, ProxyContext context)
    {
        if (LocalitySettings(context.Mesh.LocalityLbSetting, settings?.LocalityLbSetting) is not null)
        {
            cluster.CommonLbConfig ??= new();
            cluster.CommonLbConfig.LocalityWeightedLbConfig = new();
        }

        if (cluster.Type == Cluster.Types.DiscoveryType.OriginalDst)
        {
            cluster.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;
            return;
        }

        // Redis keeps a key on a node: only a hash does that.
        if (context.Settings.RedisFilter && protocol == Protocol.Redis)
        {
            cluster.LbPolicy = Cluster.Types.LbPolicy.Maglev;
            return;
        }

        if (settings?.ConsistentHash is { } hash)
        {
            ApplyHash(cluster, hash);
            return;
        }

        switch (settings?.Simple ?? SimpleLoadBalancer.Unspecified)
        {
            case SimpleLoadBalancer.RoundRobin:
                cluster.LbPolicy = Cluster.Types.LbPolicy.RoundRobin;
                if (SlowStart(settings) is { } roundRobin)
                {
                    cluster.RoundRobinLbConfig = new() { SlowStartConfig = roundRobin };
                }

                break;
            case SimpleLoadBalancer.Random:
                cluster.LbPolicy = Cluster.Types.LbPolicy.Random;
                break;
            case SimpleLoadBalancer.Passthrough:
                cluster.LbPolicy = Cluster.Types.LbPolicy.ClusterProvided;
                cluster.Type = Cluster.Types.DiscoveryType.OriginalDst;
                break;
            default:
                cluster.LbPolicy = Cluster.Types.LbPolicy.LeastRequest;
                if (SlowStart(settings) is { } leastRequest)
                {
                    cluster.LeastRequestLbConfig = new() { SlowStartConfig = leastRequest };
                }

                break;
        }
    }

    /// <summary>The settings that hold, the rule's before the mesh's; null when localities do not matter.</summary>
    public static LocalityLoadBalancer? LocalitySettings(LocalityLoadBalancer? mesh, LocalityLoadBalancer? rule)
    {
        var chosen = rule ?? mesh;
        return chosen is null || chosen.Enabled == false ? null : chosen;
    }

    private static Cluster.Types.SlowStartConfig? SlowStart(LoadBalancerSettings? settings) =>
        settings?.WarmupDuration is { } window ? new() { SlowStartWindow = window.ToDuration() } : null;

    private static void ApplyHash(Cluster cluster, ConsistentHash hash)
    {
        if (hash.Maglev is { } maglev)
        {
            cluster.LbPolicy = Cluster.Types.LbPolicy.Maglev;
            if (maglev.TableSize is { } size)
            {
                cluster.MaglevLbConfig = new() { TableSize = size };
            }

            return;
        }

        cluster.LbPolicy = Cluster.Types.LbPolicy.RingHash;
        var minimum = hash.RingHash?.MinimumRingSize ?? hash.MinimumRingSize ?? DefaultMinimumRingSize;
        cluster.RingHashLbConfig = new() { MinimumRingSize = minimum == 0 ? DefaultMinimumRingSize : minimum };
    }
}
