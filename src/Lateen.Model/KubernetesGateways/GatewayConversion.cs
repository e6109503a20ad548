using System.Globalization;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Model.KubernetesGateways;

/// <summary>What keeps something from being as it was asked for, as conditions tell it.</summary>
/// <param name="Missing">The service that is missed; the fault holds only while it is. Null where it always holds. An empty namespace = any.</param>
public sealed record GatewayFault(string Reason, string Message, ServiceKey? Missing = null);

/// <summary>A listener and what became of it.</summary>
public sealed record ConvertedListener(GatewayListener Listener)
{
    /// <summary>Istio's Gateway that stands for it; null where it can not be served.</summary>
    public GatewayConfig? Config { get; init; }

    /// <summary>The kinds of routes that may attach.</summary>
    public EquatableArray<string> Kinds { get; init; }

    /// <summary>allowedRoutes.kinds names one that the protocol does not carry.</summary>
    public bool HasWrongKinds { get; init; }

    /// <summary>Why the protocol is not served; null when it is.</summary>
    public GatewayFault? Protocol { get; init; }

    /// <summary>Why a certificate can not be used; null when all can.</summary>
    public GatewayFault? Certificate { get; init; }

    /// <summary>As VirtualServices name it: `namespace/name`.</summary>
    public string InternalName => Config is null ? "" : $"{Config.Meta.Namespace}/{Config.Meta.Name}";
}

/// <summary>A Gateway and what became of it.</summary>
/// <param name="Services">The hosts of the Services that it is served by.</param>
/// <param name="Fault">What of it is not honoured; null for nothing.</param>
/// <param name="Listeners">Empty where nothing can be served.</param>
public sealed record ConvertedGateway(KubernetesGateway Gateway, EquatableArray<string> Services, GatewayFault? Fault, EquatableArray<ConvertedListener> Listeners);

/// <summary>What the conversion of the Gateway API asks beside its objects.</summary>
/// <param name="Domain">The suffix of service names.</param>
/// <param name="DefaultRetry">The mesh's default policy, which timeouts of single tries are added to; null = Istio's.</param>
/// <param name="CertificateProblem">Why a Secret (namespace, name) can not be used as certificate; null when it can.</param>
/// <param name="EntryHosts">The hosts of a ServiceEntry (namespace, name).</param>
public sealed record GatewaySurroundings(
    string Domain,
    HttpRetry? DefaultRetry,
    IReadOnlyCollection<MeshNamespace> Namespaces,
    Func<string, string, string?> CertificateProblem,
    Func<string, string, EquatableArray<string>> EntryHosts);

/// <summary>Turns a Gateway into Istio Gateways, one per listener, so that routes can attach to each by itself.</summary>
internal static class GatewayConversion
{
    private const string NameOverride = "gateway.istio.io/name-override";
    private const string TerminateMode = "gateway.istio.io/tls-terminate-mode";
    private const string ListenerProtocol = "gateway.istio.io/listener-protocol";
    private const string NetworkLabel = "topology.istio.io/network";
    private const string PortLabel = "networking.istio.io/gatewayPort";
    private const string CrossNetworkPort = "15443";
    private const string NamespaceName = "kubernetes.io/metadata.name";

    public static ConvertedGateway Convert(KubernetesGateway gateway, ReferenceGrants grants, GatewaySurroundings around)
    {
        var (services, fault) = Services(gateway, around.Domain);
        if (services.IsEmpty)
        {
            return new(gateway, services, fault, []);
        }

        var annotation = string.Join(',', services);
        return new(gateway, services, fault, gateway.Listeners.Select(listener => Convert(gateway, listener, annotation, grants, around)).ToEquatableArray());
    }

    private static (EquatableArray<string> Hosts, GatewayFault? Fault) Services(KubernetesGateway gateway, string domain)
    {
        if (gateway.IsManaged)
        {
            var name = gateway.Meta.Annotations.Find(NameOverride) ?? $"{gateway.Meta.Name}-{gateway.ClassName}";
            return ([$"{name}.{gateway.Meta.Namespace}.svc.{domain}"], null);
        }

        var hosts = gateway.Addresses.Where(address => address.Type is null or "Hostname")
            .Select(address => address.Value.Contains('.', StringComparison.Ordinal) ? address.Value : $"{address.Value}.{gateway.Meta.Namespace}.svc.{domain}");
        var others = gateway.Addresses.Where(address => address.Type is not (null or "Hostname")).Select(address => address.Value).ToList();
        return (hosts.ToEquatableArray(), others.Count == 0 ? null
            : new GatewayFault("UnsupportedAddress", $"only Hostname is supported, ignoring [{string.Join(' ', others)}]"));
    }

    private static ConvertedListener Convert(
        KubernetesGateway gateway, GatewayListener listener, string services, ReferenceGrants grants, GatewaySurroundings around)
    {
        var supported = KindsOf(listener);
        var allowed = listener.Kinds.IsEmpty
            ? supported
            : supported.Where(kind => listener.Kinds.Any(k => k.Group == GatewayNames.Group && k.Kind == kind)).ToEquatableArray();
        var protocol = ProtocolFault(listener.Protocol);
        var (tls, certificate) = Tls(gateway, listener, grants, around);
        var converted = new ConvertedListener(listener)
        {
            Kinds = allowed,
            HasWrongKinds = !listener.Kinds.IsEmpty && allowed.Count != listener.Kinds.Count,
            Protocol = protocol,
            Certificate = certificate,
        };
        return protocol is not null || certificate is not null ? converted : converted with
        {
            Config = new GatewayConfig
            {
                Meta = GatewayNames.GatewayMeta(gateway, listener.Name, services),
                Servers = [new GatewayServer { Port = new(listener.Port, listener.Protocol, "default"), Hosts = Hosts(gateway, listener, around), Tls = tls }],
            },
        };
    }

    private static EquatableArray<string> KindsOf(GatewayListener listener) => listener.Protocol switch
    {
        "HTTP" or "HTTPS" => [KubernetesRoute.Http],
        "TLS" when listener.Tls?.IsPassthrough == true => [KubernetesRoute.Tls],
        "TLS" or "TCP" => [KubernetesRoute.Tcp],
        _ => [],
    };

    private static GatewayFault? ProtocolFault(string protocol)
    {
        if (protocol is "HTTP" or "HTTPS" or "TLS" or "TCP")
        {
            return null;
        }

        var upper = protocol.ToUpperInvariant();
        return new("UnsupportedProtocol", upper != protocol && ProtocolFault(upper) is null
            ? $"protocol \"{protocol}\" is unsupported. hint: \"{upper}\" (uppercase) may be supported"
            : $"protocol \"{protocol}\" is unsupported");
    }

    // `~` is no namespace: the listener stands, and nothing attaches.
    private static EquatableArray<string> Hosts(KubernetesGateway gateway, GatewayListener listener, GatewaySurroundings around)
    {
        var hostname = listener.Hostname is { Length: > 0 } host ? host : "*";
        IEnumerable<string> namespaces = listener switch
        {
            { From: RouteNamespaces.Same } => [gateway.Meta.Namespace],
            { From: RouteNamespaces.Selector, Selector: { } selector } => around.Namespaces
                .Where(ns => selector.Matches(ns.Labels.ContainsKey(NamespaceName) ? ns.Labels : ns.Labels.Append(KeyValuePair.Create(NamespaceName, ns.Name)).ToEquatableMap()))
                .Select(ns => ns.Name)
                .Order(StringComparer.Ordinal),
            _ => ["*"],
        };
        return namespaces.DefaultIfEmpty("~").Select(ns => $"{ns}/{hostname}").ToEquatableArray();
    }

    private static (ServerTlsSettings? Tls, GatewayFault? Fault) Tls(
        KubernetesGateway gateway, GatewayListener listener, ReferenceGrants grants, GatewaySurroundings around)
    {
        if (listener.Tls is not { } tls)
        {
            return (null, null);
        }

        if (tls.IsPassthrough)
        {
            return (new() { Mode = IsCrossNetwork(gateway, listener, tls) ? ServerTlsMode.AutoPassthrough : ServerTlsMode.Passthrough }, null);
        }

        var mode = tls.Options.Find(TerminateMode) switch
        {
            "MUTUAL" => ServerTlsMode.Mutual,
            "ISTIO_MUTUAL" => ServerTlsMode.IstioMutual,
            _ => ServerTlsMode.Simple,
        };
        if (mode == ServerTlsMode.IstioMutual)
        {
            return (new() { Mode = mode }, null);
        }

        if (tls.Certificates.Count != 1)
        {
            return (null, new("InvalidCertificateRef", "exactly 1 certificateRefs should be present for TLS termination"));
        }

        var reference = tls.Certificates[0];
        var text = $"{reference.Group}/{reference.Kind}/{reference.Name}.{reference.Namespace}";
        if (reference.Group is not (null or "") || reference.Kind is not (null or "Secret"))
        {
            return (null, new("InvalidCertificateRef", $"invalid certificate reference {text}, only secret is allowed"));
        }

        var ns = reference.Namespace ?? gateway.Meta.Namespace;
        if (ns != gateway.Meta.Namespace && !grants.AllowSecret(gateway.Meta.Namespace, ns, reference.Name))
        {
            return (null, new(
                "RefNotPermitted",
                $"certificateRef {reference.Name}/{ns} not accessible to a Gateway in namespace \"{gateway.Meta.Namespace}\" (missing a ReferenceGrant?)"));
        }

        return around.CertificateProblem(ns, reference.Name) is { } problem
            ? (null, new("InvalidCertificateRef", $"invalid certificate reference {text}, {problem}"))
            : (new() { Mode = mode, CredentialName = $"kubernetes-gateway://{ns}/{reference.Name}" }, null);
    }

    private static bool IsCrossNetwork(KubernetesGateway gateway, GatewayListener listener, ListenerTls tls) =>
        tls.Options.Find(ListenerProtocol) == "auto-passthrough"
        || (gateway.Meta.Labels.ContainsKey(NetworkLabel)
            && listener.Port.ToString(CultureInfo.InvariantCulture) == (gateway.Meta.Labels.Find(PortLabel) ?? CrossNetworkPort));
}
