using Lateen.Model.Mesh;

namespace Lateen.Model.KubernetesGateways;

/// <summary>A GatewayClass of the Gateway API.</summary>
/// <param name="Controller">For instance `istio.io/gateway-controller`.</param>
/// <param name="Generation">How often the spec was changed.</param>
public sealed record GatewayClass(string Name, string Controller, long Generation = 0);

/// <summary>A Gateway of the Gateway API (gateway.networking.k8s.io), not Istio's.</summary>
public sealed record KubernetesGateway
{
    public required ConfigMeta Meta { get; init; }

    public string ClassName { get; init; } = "";

    public EquatableArray<GatewayAddress> Addresses { get; init; }

    public EquatableArray<GatewayListener> Listeners { get; init; }

    /// <summary>No address names a Service that stands already: a controller is asked to deploy the gateway.</summary>
    /// <remarks>Istio, "Kubernetes Gateway API", deployment methods: one with an address of type Hostname is deployed by hand.</remarks>
    public bool IsManaged => Addresses.IsEmpty || (Addresses.Count == 1 && Addresses[0].Type is null or "IPAddress");
}

/// <summary>An entry of spec.addresses.</summary>
/// <param name="Type">`Hostname`, `IPAddress` or another; null when absent.</param>
public sealed record GatewayAddress(string? Type, string Value);

/// <summary>From which namespaces routes may attach.</summary>
public enum RouteNamespaces
{
    /// <summary>The Gateway's own.</summary>
    Same,
    All,

    /// <summary>Those whose labels are chosen.</summary>
    Selector,
}

/// <summary>An entry of spec.listeners.</summary>
public sealed record GatewayListener
{
    public required string Name { get; init; }

    /// <summary>Null = any.</summary>
    public string? Hostname { get; init; }

    public int Port { get; init; }

    /// <summary>As written, for instance `HTTPS`.</summary>
    public string Protocol { get; init; } = "";

    public ListenerTls? Tls { get; init; }

    public RouteNamespaces From { get; init; }

    public LabelSelector? Selector { get; init; }

    /// <summary>allowedRoutes.kinds; empty = all that the protocol allows.</summary>
    public EquatableArray<RouteKind> Kinds { get; init; }
}

/// <summary>A kind of route.</summary>
public sealed record RouteKind(string Group, string Kind);

/// <summary>TLS of a listener.</summary>
/// <param name="IsPassthrough">Mode Passthrough; otherwise TLS ends here.</param>
public sealed record ListenerTls(bool IsPassthrough, EquatableArray<ObjectReference> Certificates, EquatableMap<string, string> Options);

/// <summary>A reference to another object; null for what is not written.</summary>
public sealed record ObjectReference(string? Group, string? Kind, string Name, string? Namespace);
