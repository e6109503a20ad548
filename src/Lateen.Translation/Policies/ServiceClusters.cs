using Lateen.Model.Services;

namespace Lateen.Translation.Policies;

/// <summary>Finds the cluster of a service that mesh configuration names.</summary>
internal static class ServiceClusters
{
    /// <param name="name">`host` or `namespace/host`.</param>
    /// <returns>Null for a service that is not known, or that several namespaces have where none is named.</returns>
    public static (string Host, string Cluster)? Find(ProxyContext context, string name, int port)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var ns = slash < 0 ? "" : name[..slash];
        var host = name[(slash + 1)..];
        var services = context.Snapshot.Index.ServicesOf(host);
        if (services.IsEmpty && host.Split('.').Length == 2)
        {
            // `name.namespace`, as addresses inside of a cluster are written.
            services = context.Snapshot.Index.ServicesOf($"{host}.svc.{context.Proxy.ClusterDomain}");
        }

        Service[] found = [.. services.Where(service => ns.Length == 0 || service.Namespace == ns)];
        return found is [var one] ? (one.Hostname, Naming.Outbound(one.Hostname, "", port)) : null;
    }
}
