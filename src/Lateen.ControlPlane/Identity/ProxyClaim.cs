using Lateen.Model.Workloads;
using Lateen.Security;

namespace Lateen.ControlPlane.Identity;

/// <summary>Whether a caller may be the proxy that it says it is.</summary>
internal static class ProxyClaim
{
    /// <summary>The namespace must be the caller's, and the service account as well where the proxy names one.</summary>
    public static bool Holds(SpiffeId identity, ProxyNode proxy) =>
        identity.Namespace == proxy.Namespace
        && (proxy.ServiceAccount.Length == 0 || identity.ServiceAccount == proxy.ServiceAccount);
}
