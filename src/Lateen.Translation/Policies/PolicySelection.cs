using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Policies;

/// <summary>Which policies hold for a workload: by namespace, labels and target reference.</summary>
/// <remarks>Istio 1.19: policies of the root namespace come first, then the workload's own; in each the oldest first.</remarks>
internal static class PolicySelection
{
    /// <summary>The label of proxies that a Gateway of the Gateway API made.</summary>
    private const string GatewayNameLabel = "istio.io/gateway-name";
    private const string GatewayGroup = "gateway.networking.k8s.io";

    /// <param name="policies">The oldest first.</param>
    /// <param name="parts">A policy's selector and target reference.</param>
    public static IEnumerable<T> Select<T>(
        EquatableArray<T> policies, string root, ProxyNode proxy, Func<T, (WorkloadSelector? Selector, TargetReference? Target)> parts)
        where T : IIstioConfig
    {
        string[] namespaces = root == proxy.Namespace || root.Length == 0 ? [proxy.Namespace] : [root, proxy.Namespace];
        foreach (var ns in namespaces)
        {
            foreach (var policy in policies)
            {
                var (selector, target) = parts(policy);
                if (policy.Meta.Namespace == ns && Matches(proxy, selector, target))
                {
                    yield return policy;
                }
            }
        }
    }

    /// <summary>A target reference binds Gateway API gateways alone, and takes the place of labels there.</summary>
    private static bool Matches(ProxyNode proxy, WorkloadSelector? selector, TargetReference? target) => target is null
        ? selector?.Matches(proxy.Labels) != false
        : target.Group == GatewayGroup && target.Kind == "Gateway" && proxy.Labels.Find(GatewayNameLabel) == target.Name;
}
