using Lateen.Model;
using Lateen.Model.Workloads;
using ModelEndpoint = Lateen.Model.Services.Endpoint;

namespace Lateen.Translation.Endpoints;

/// <summary>The labels of an endpoint or proxy with those that follow from where it runs.</summary>
/// <remarks>Istio adds them to every workload, so that subsets and failoverPriority may name them.</remarks>
internal static class EndpointLabels
{
    private const string Region = "topology.kubernetes.io/region";
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Subzone = "topology.istio.io/subzone";
    private const string Cluster = "topology.istio.io/cluster";
    private const string Network = "topology.istio.io/network";
    private const string Host = "kubernetes.io/hostname";

    public static bool Match(EquatableMap<string, string> wanted, ModelEndpoint endpoint)
    {
        foreach (var (key, value) in wanted)
        {
            if (Find(endpoint, key) != value)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The value of a label; null when the endpoint has none.</summary>
    public static string? Find(ModelEndpoint endpoint, string key) =>
        Topology(key, endpoint.Locality, endpoint.ClusterId, endpoint.Network, endpoint.NodeName) ?? endpoint.Labels.Find(key);

    /// <summary>The value of a label; null when the proxy has none.</summary>
    public static string? Find(ProxyNode proxy, string key) =>
        Topology(key, proxy.Locality, proxy.ClusterId, proxy.Network, proxy.NodeName) ?? proxy.Labels.Find(key);

    private static string? Topology(string key, Locality locality, string cluster, string network, string node)
    {
        var value = key switch
        {
            Region => locality.Region,
            Zone => locality.Zone,
            Subzone => locality.Subzone,
            Cluster => cluster,
            Network => network,
            Host => node,
            _ => "",
        };
        return value.Length == 0 ? null : value;
    }
}
