using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Views;

/// <summary>By which labels and metadata the resources of a view tell proxies apart.</summary>
/// <param name="Labels">Keys of workload labels.</param>
/// <param name="Metadata">Keys of node metadata.</param>
/// <param name="Nodes">Whether endpoints are chosen by the node that a proxy runs on.</param>
internal sealed record SelectingKeys(IReadOnlySet<string> Labels, IReadOnlySet<string> Metadata, bool Nodes)
{
    // The label of Kubernetes that says the node; the proxy's own is not needed to know it.
    private const string HostName = "kubernetes.io/hostname";

    public static SelectingKeys Of(MeshIndex index)
    {
        var labels = new HashSet<string>();
        var metadata = new HashSet<string>();
        foreach (var sidecar in index.Sidecars)
        {
            labels.UnionWith(sidecar.WorkloadSelector?.MatchLabels.Keys ?? []);
        }

        AddFailover(labels, index.Inputs.Mesh.LocalityLbSetting);
        foreach (var rule in index.Configs.Of<DestinationRuleConfig>())
        {
            labels.UnionWith(rule.WorkloadSelector?.MatchLabels.Keys ?? []);
            AddFailover(labels, rule.TrafficPolicy);
            foreach (var subset in rule.Subsets)
            {
                AddFailover(labels, subset.TrafficPolicy);
            }
        }

        foreach (var filter in index.EnvoyFilters)
        {
            labels.UnionWith(filter.WorkloadSelector?.MatchLabels.Keys ?? []);
            metadata.UnionWith(filter.ConfigPatches.SelectMany(patch => patch.Match.ProxyMetadata.Keys));
        }

        foreach (var route in index.VirtualServices.All)
        {
            labels.UnionWith(route.Http.SelectMany(http => http.Match).SelectMany(match => match.SourceLabels.Keys));
            labels.UnionWith(route.Tcp.SelectMany(tcp => tcp.Match).SelectMany(match => match.SourceLabels.Keys));
            labels.UnionWith(route.Tls.SelectMany(tls => tls.Match).SelectMany(match => match.SourceLabels.Keys));
        }

        return new(labels, metadata, labels.Contains(HostName) || index.Services.Any(service => service.NodeLocal));
    }

    private static void AddFailover(HashSet<string> labels, TrafficPolicy? policy)
    {
        AddFailover(labels, policy?.LoadBalancer?.LocalityLbSetting);
        foreach (var port in policy?.PortLevelSettings ?? default)
        {
            AddFailover(labels, port.LoadBalancer?.LocalityLbSetting);
        }
    }

    // Istio, LocalityLoadBalancerSetting.failoverPriority: `key` or `key=value`.
    private static void AddFailover(HashSet<string> labels, LocalityLoadBalancer? locality) =>
        labels.UnionWith((locality?.FailoverPriority ?? default).Select(entry => entry.Split('=')[0]));
}
