using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Health;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Why;

/// <summary>Why a cluster had nobody to send to: none known, or each out for a reason.</summary>
internal static class NoHealthyEndpoint
{
    // An ejection has the number of its reason; these come behind.
    private const int ByControlPlane = (int)OutlierReason.LocalOriginFailurePercentage + 1, ByHealthCheck = ByControlPlane + 1, Unchecked = ByHealthCheck + 1,
        Elsewhere = Unchecked + 1, Reasons = Elsewhere + 1;

    public static void Write(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        Host[] hosts = info.Cluster?.Hosts.All ?? [];
        if (hosts.Length == 0)
        {
            writer.Put(info.Cluster?.Config?.Discovery == DiscoveryKind.OriginalDestination
                ? "the connection's own destination is not known, and " : "no endpoint of ");
            ClusterText.Write(ref writer, info.Cluster);
            writer.Put(info.Cluster?.Config?.Discovery == DiscoveryKind.OriginalDestination ? " sends only there" : " is known: is a pod behind it ready?");
            return;
        }
        writer.Put("no healthy endpoint of ");
        ClusterText.Write(ref writer, info.Cluster);
        writer.Put(": ");
        Span<int> counts = stackalloc int[Reasons];
        foreach (Host host in hosts)
        {
            counts[ReasonOf(host)]++;
        }
        string separator = "";
        for (int reason = 0; reason < counts.Length; reason++)
        {
            if (counts[reason] > 0)
            {
                writer.Put(separator);
                writer.Put(counts[reason]);
                Words(ref writer, reason);
                separator = ", ";
            }
        }
    }

    private static int ReasonOf(Host host) => host switch
    {
        { Outlier: { Ejected: not OutlierReason.None and var reason } } => (int)reason,
        { ActiveHealth: ActiveHealth.Failed } => ByHealthCheck,
        { Config.Health: HostHealth.Unhealthy } => ByControlPlane,
        { ActiveHealth: ActiveHealth.Pending } => Unchecked,
        _ => Elsewhere,
    };

    private static void Words(ref LogWriter writer, int reason)
    {
        switch (reason)
        {
            case ByControlPlane:
                writer.Put(" unhealthy as the control plane says");
                break;
            case ByHealthCheck:
                writer.Put(" failing their health check");
                break;
            case Unchecked:
                writer.Put(" not checked yet");
                break;
            case Elsewhere:
                writer.Put(" of another priority or locality");
                break;
            default:
                writer.Put(" ejected after ");
                writer.Put(((OutlierReason)reason).Words());
                break;
        }
    }
}
