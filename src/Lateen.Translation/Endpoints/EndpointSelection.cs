using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Translation.Clusters;
using ModelEndpoint = Lateen.Model.Services.Endpoint;

namespace Lateen.Translation.Endpoints;

/// <summary>Which endpoints of a service a proxy may use.</summary>
internal static class EndpointSelection
{
    public static IEnumerable<ModelEndpoint> Of(ProxyContext context, OutboundTarget target)
    {
        var labels = target.Subset?.Labels ?? EquatableMap<string, string>.Empty;
        var local = context.Snapshot.Index.ClusterLocal.Contains(target.Service.Hostname);
        foreach (var endpoint in context.Snapshot.EndpointsOf(target.Service, target.Port))
        {
            if (!EndpointLabels.Match(labels, endpoint))
            {
                continue;
            }

            if (endpoint.Health != EndpointHealth.Healthy && !context.Settings.SendUnhealthyEndpoints)
            {
                continue;
            }

            // Kubernetes, internalTrafficPolicy: Local.
            if (target.Service.NodeLocal && endpoint.NodeName != context.Proxy.NodeName)
            {
                continue;
            }

            if (local && context.Proxy.ClusterId.Length > 0 && endpoint.ClusterId != context.Proxy.ClusterId)
            {
                continue;
            }

            if (context.Proxy.SeesNetwork(endpoint.Network))
            {
                yield return endpoint;
            }
        }
    }
}
