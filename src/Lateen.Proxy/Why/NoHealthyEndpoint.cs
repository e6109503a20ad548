using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Why;

/// <summary>Why a cluster had nobody to send to: none known, or each out for a reason.</summary>
internal static class NoHealthyEndpoint
{
    private static readonly (string Flag, string Words)[] Reasons =
    [
        ("/failed_outlier_check", " ejected by outlier detection"),
        ("/failed_active_hc", " failing their health check"),
        ("/failed_eds_health", " unhealthy as the control plane says"),
        ("/pending_active_hc", " not checked yet"),
    ];

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
        int left = hosts.Length;
        string separator = "";
        foreach ((string flag, string words) in Reasons)
        {
            int count = hosts.Count(h => h.View().HealthFlags.StartsWith(flag, StringComparison.Ordinal));
            if (count > 0)
            {
                writer.Put(separator);
                writer.Put(count);
                writer.Put(words);
                (separator, left) = (", ", left - count);
            }
        }
        if (left > 0)
        {
            writer.Put(separator);
            writer.Put(left);
            writer.Put(" of another priority or locality");
        }
    }
}
