namespace Lateen.Model.Ingresses;

/// <summary>A Kubernetes Ingress (networking.k8s.io/v1).</summary>
public sealed record Ingress
{
    public required ConfigMeta Meta { get; init; }

    /// <summary>spec.ingressClassName; empty for none.</summary>
    public string ClassName { get; init; } = "";

    public EquatableArray<IngressTls> Tls { get; init; }

    public EquatableArray<IngressRule> Rules { get; init; }

    /// <summary>spec.defaultBackend is set.</summary>
    public bool HasDefaultBackend { get; init; }
}

/// <summary>Who serves the Ingresses of a class (IngressClass).</summary>
/// <param name="Controller">For instance `istio.io/ingress-controller`.</param>
public sealed record IngressClass(string Name, string Controller);

/// <summary>The certificate of some hosts.</summary>
/// <param name="Hosts">Empty = all.</param>
/// <param name="SecretName">A Secret of the gateway's namespace; empty for none.</param>
public sealed record IngressTls(EquatableArray<string> Hosts, string SecretName);

/// <summary>The paths of a host.</summary>
/// <param name="Host">Empty = any.</param>
/// <param name="Paths">Empty for a rule without http.</param>
public sealed record IngressRule(string Host, EquatableArray<IngressPath> Paths);

/// <summary>How a path is compared.</summary>
public enum IngressPathType
{
    /// <summary>As the controller likes; here by what the path ends with.</summary>
    ImplementationSpecific,
    Exact,

    /// <summary>By whole segments.</summary>
    Prefix,
}

/// <summary>A path and where it leads.</summary>
public sealed record IngressPath(string Path, IngressPathType Type, IngressBackend Backend);

/// <summary>A port of a service of the Ingress's namespace.</summary>
/// <param name="Service">Empty where the backend is another kind of resource.</param>
/// <param name="Port">0 where the port is named.</param>
public sealed record IngressBackend(string Service, int Port, string PortName);
