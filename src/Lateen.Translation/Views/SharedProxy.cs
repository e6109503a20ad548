using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Workloads;

namespace Lateen.Translation.Views;

/// <summary>What of a proxy can matter for the resources that proxies of one namespace have in common.</summary>
/// <remarks>
/// Two proxies with equal results are told the same, once made. What is left out can not be read by a translation that is given the result in
/// the proxy's place.
/// </remarks>
public static class SharedProxy
{
    // What says which pod a proxy is. Everything else an agent sends is a setting, or may be one.
    private static readonly HashSet<string> IdentityKeys =
    [
        "ANNOTATIONS", "APP_CONTAINERS", "INSTANCE_IPS", "ISTIO_PROXY_SHA", "LABELS", "NAME", "NAMESPACE", "NODE_NAME", "OWNER",
        "PILOT_SAN", "POD_PORTS", "PROXY_CONFIG", "SERVICE_ACCOUNT", "STATIC_LABELS", "WORKLOAD_NAME",
    ];

    public static ProxyNode Of(ProxyNode proxy, MeshView view)
    {
        var isListener = view.Key.TypeUrl == TypeUrls.Listener;
        var keys = view.Selecting;
        return proxy with
        {
            Id = "",
            Addresses = proxy.Addresses.Select(address => Family(address, isListener ? view.Endpoints : EndpointTable.Empty)).ToEquatableArray(),

            // Listeners carry who the proxy is: tracing tags, access logs.
            Labels = isListener ? proxy.Labels : Only(proxy.Labels, keys.Labels),
            Metadata = proxy.Metadata
                .Where(entry => !IdentityKeys.Contains(entry.Key) || keys.Metadata.Contains(entry.Key) || (isListener && entry.Key == "WORKLOAD_NAME"))
                .ToEquatableMap(),
            PodPorts = default,
            ServiceAccount = isListener ? proxy.ServiceAccount : "",
            Cluster = isListener ? proxy.Cluster : "",
            NodeName = keys.Nodes ? proxy.NodeName : "",
        };
    }

    /// <summary>Only the family of an address counts, and the address itself where others call it directly.</summary>
    private static string Family(string address, EndpointTable direct) =>
        direct.HasAddress(address) ? address : address.Contains(':', StringComparison.Ordinal) ? "::" : Lateen.Model.Services.Service.UnspecifiedAddress;

    private static EquatableMap<string, string> Only(EquatableMap<string, string> labels, IReadOnlySet<string> keys) =>
        labels.Where(label => keys.Contains(label.Key)).ToEquatableMap();
}
