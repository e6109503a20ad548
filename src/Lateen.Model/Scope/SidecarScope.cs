using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Model.Scope;

/// <summary>What the proxies of a namespace (or those that a Sidecar resource selects) can reach.</summary>
public sealed class SidecarScope
{
    internal SidecarScope(
        string @namespace,
        SidecarConfig? sidecar,
        EquatableArray<EgressScope> egress,
        EquatableArray<Service> services,
        IReadOnlyDictionary<string, Service> servicesByHost,
        OutboundTrafficPolicy policy)
    {
        Namespace = @namespace;
        Sidecar = sidecar;
        Egress = egress;
        Services = services;
        ServicesByHost = servicesByHost;
        OutboundTrafficPolicy = policy;
    }

    /// <summary>The namespace of the proxies.</summary>
    public string Namespace { get; }

    /// <summary>The resource that it comes from; null = everything that is exported.</summary>
    public SidecarConfig? Sidecar { get; }

    /// <summary>The outbound listeners, at least one.</summary>
    public EquatableArray<EgressScope> Egress { get; }

    /// <summary>Every service that clusters are made for, those that only routes name included.</summary>
    public EquatableArray<Service> Services { get; }

    /// <summary>One service per host: what a host name in a route stands for.</summary>
    public IReadOnlyDictionary<string, Service> ServicesByHost { get; }

    public OutboundTrafficPolicy OutboundTrafficPolicy { get; }

    /// <summary>The egress listener that a route configuration of that port belongs to.</summary>
    public EgressScope? EgressFor(int port, string bind)
    {
        // The listener with that port wins over the one for all other ports.
        EgressScope? catchAll = null;
        foreach (var egress in Egress)
        {
            if (egress.Listener?.Port is not { } own)
            {
                catchAll ??= egress;
            }
            else if (own.Number == port && (bind.Length == 0 || egress.Listener.Bind == bind))
            {
                return egress;
            }
        }

        return catchAll;
    }
}

/// <summary>One outbound listener of a scope: the services and routes that it serves.</summary>
/// <param name="Listener">The Sidecar's egress entry; null for the default one.</param>
public sealed record EgressScope(
    SidecarEgress? Listener,
    EquatableArray<Service> Services,
    EquatableArray<VirtualServiceConfig> VirtualServices);
