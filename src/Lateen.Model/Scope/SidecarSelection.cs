using Lateen.Model.Networking;
using Lateen.Model.Workloads;

namespace Lateen.Model.Scope;

/// <summary>Which Sidecar resource holds for a proxy.</summary>
internal static class SidecarSelection
{
    /// <remarks>
    /// Istio, Sidecar: one of the namespace with a matching selector, then one of the namespace without selector, then one of the
    /// root namespace without selector; the oldest of each kind.
    /// </remarks>
    public static SidecarConfig? Select(EquatableArray<SidecarConfig> oldestFirst, ProxyNode proxy, string rootNamespace)
    {
        SidecarConfig? ofNamespace = null;
        SidecarConfig? ofRoot = null;
        foreach (var sidecar in oldestFirst)
        {
            var selects = sidecar.WorkloadSelector is { MatchLabels.IsEmpty: false };
            if (sidecar.Meta.Namespace == proxy.Namespace)
            {
                if (selects && sidecar.WorkloadSelector!.Matches(proxy.Labels))
                {
                    return sidecar;
                }

                ofNamespace ??= selects ? null : sidecar;
            }
            else if (sidecar.Meta.Namespace == rootNamespace && !selects)
            {
                ofRoot ??= sidecar;
            }
        }

        return ofNamespace ?? ofRoot;
    }
}
