using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Config.Snapshots;

/// <summary>Addresses of services that are reached at the machines' own (annotation traffic.istio.io/nodeSelector).</summary>
internal static class NodePorts
{
    public static Service WithAddresses(Service service, IEnumerable<Node> nodes, string clusterId)
    {
        if (service.NodeSelector is not { } selector)
        {
            return service;
        }

        var addresses = nodes
            .Where(node => LabelsMatch.IsSubset(selector, node.Labels))
            .SelectMany(node => (IEnumerable<string>)node.ExternalAddresses)
            .Order(StringComparer.Ordinal)
            .ToEquatableArray();
        return service with { ExternalAddresses = new[] { KeyValuePair.Create(clusterId, addresses) }.ToEquatableMap() };
    }
}
