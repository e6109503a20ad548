using Lateen.Model.Mesh;

namespace Lateen.Model.Services;

/// <summary>Hosts whose endpoints are only used inside of their own cluster.</summary>
/// <remarks>
/// Istio, MeshConfig.serviceSettings: kube-system, the API server and the control plane are local unless a setting says otherwise;
/// the most specific host counts.
/// </remarks>
public sealed class ClusterLocalHosts
{
    private readonly List<string> _local;

    public ClusterLocalHosts(MeshConfig mesh, string domain)
    {
        List<string> defaults =
        [
            $"*.kube-system.svc.{domain}",
            $"kubernetes.default.svc.{domain}",
            $"istiod.{mesh.RootNamespace}.svc.{domain}",
        ];
        _local = [];
        foreach (var settings in mesh.ServiceSettings)
        {
            foreach (var host in settings.Hosts)
            {
                if (settings.ClusterLocal)
                {
                    _local.Add(host);
                }
                else
                {
                    // A setting for `*` does not reach the defaults: they are more specific.
                    defaults.RemoveAll(d => d == host || (HostName.IsWildcard(d) && host.EndsWith(d[1..], StringComparison.Ordinal)));
                }
            }
        }

        _local.AddRange(defaults);
    }

    public bool Contains(string host) => HostName.MostSpecific(host, _local) is not null;
}
