using Lateen.Proxy.Clusters;
using Lateen.Proxy.Compile;

namespace Lateen.Proxy.Export;

/// <summary>Where telemetry goes: a cluster by its name, or an address of the bootstrap.</summary>
internal sealed class ExportTarget
{
    private readonly ClusterState? _cluster;
    private readonly ClusterServices? _services;
    private readonly string _address;
    private int _next;

    private ExportTarget(ClusterState? cluster, ClusterServices? services, string address, string authority, string path) =>
        (_cluster, _services, _address, Authority, Path) = (cluster, services, address, authority, path);

    /// <summary>The Host of the request.</summary>
    public string Authority { get; }

    public string Path { get; }

    public static ExportTarget Of(ICompileHost host, string cluster, string authority, string path) =>
        new(host.ClusterOf(cluster), host.Services, "", authority.Length > 0 ? authority : cluster, path);

    public static ExportTarget Of(string address, string path) => new(null, null, address, address, path);

    /// <summary>host:port of the next healthy host; null while there is none.</summary>
    public string? NextAddress()
    {
        if (_cluster is null || _services is null)
        {
            return _address;
        }
        _cluster.Activate(_services);
        Host[] hosts = _cluster.Hosts.All;
        for (int i = 0; i < hosts.Length; i++)
        {
            Host host = hosts[(int)((uint)Interlocked.Increment(ref _next) % (uint)hosts.Length)];
            if (host.Config.Health == HostHealth.Healthy)
            {
                return host.Address.ToString();
            }
        }
        return null;
    }
}
