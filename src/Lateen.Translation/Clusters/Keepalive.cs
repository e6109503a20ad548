using Envoy.Config.Cluster.V3;
using Tcp = Lateen.Model.Networking.TcpKeepalive;

namespace Lateen.Translation.Clusters;

/// <summary>TCP keep-alive of upstream connections: the mesh's values, overridden field by field by the rule's.</summary>
internal static class Keepalive
{
    public static void Apply(Cluster cluster, Tcp? rule, Tcp? mesh)
    {
        if (rule is null && mesh is null)
        {
            return;
        }

        var result = new Envoy.Config.Core.V3.TcpKeepalive();
        foreach (var settings in (ReadOnlySpan<Tcp?>)[mesh, rule])
        {
            if (settings is { Probes: > 0 })
            {
                result.KeepaliveProbes = settings.Probes;
            }

            if (settings?.Time is { } time)
            {
                result.KeepaliveTime = (uint)time.TotalSeconds;
            }

            if (settings?.Interval is { } interval)
            {
                result.KeepaliveInterval = (uint)interval.TotalSeconds;
            }
        }

        cluster.UpstreamConnectionOptions = new() { TcpKeepalive = result };
    }
}
