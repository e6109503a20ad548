using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.Why;

/// <summary>A cluster as people call it: <c>outbound|9080|v1|reviews.shop.svc.cluster.local</c> is reviews.shop:9080 subset v1.</summary>
internal static class ClusterText
{
    public static void Write(ref LogWriter writer, ClusterState? cluster)
    {
        if (cluster is null)
        {
            writer.Put("the upstream");
            return;
        }
        string[] parts = cluster.Name.Split('|');
        if (parts.Length != 4)
        {
            writer.Put(cluster.Name);
            return;
        }
        if (parts[0] == "inbound")
        {
            writer.Put("the application on port ");
            writer.Put(parts[1]);
            return;
        }
        string host = parts[3];
        writer.Put(host.EndsWith(".svc.cluster.local", StringComparison.Ordinal) ? host[..^".svc.cluster.local".Length] : host);
        writer.Put((byte)':');
        writer.Put(parts[1]);
        if (parts[2].Length > 0)
        {
            writer.Put(" subset ");
            writer.Put(parts[2]);
        }
    }
}
