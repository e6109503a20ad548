namespace Lateen.Config.Sources.Kubernetes;

/// <summary>The types that Lateen reads or writes.</summary>
public static class ResourceTypes
{
    private const string Networking = "networking.istio.io";
    private const string GatewayApiGroup = "gateway.networking.k8s.io";

    public static readonly ResourceType Namespaces = new("", "v1", "namespaces", "Namespace", false);
    public static readonly ResourceType Nodes = new("", "v1", "nodes", "Node", false);
    public static readonly ResourceType Pods = new("", "v1", "pods", "Pod", true);
    public static readonly ResourceType Services = new("", "v1", "services", "Service", true);
    public static readonly ResourceType Endpoints = new("", "v1", "endpoints", "Endpoints", true);
    public static readonly ResourceType ConfigMaps = new("", "v1", "configmaps", "ConfigMap", true);
    public static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret", true);
    public static readonly ResourceType ServiceAccounts = new("", "v1", "serviceaccounts", "ServiceAccount", true);
    public static readonly ResourceType Events = new("", "v1", "events", "Event", true);
    public static readonly ResourceType EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);
    public static readonly ResourceType Ingresses = new("networking.k8s.io", "v1", "ingresses", "Ingress", true);
    public static readonly ResourceType IngressClasses = new("networking.k8s.io", "v1", "ingressclasses", "IngressClass", false);
    public static readonly ResourceType Deployments = new("apps", "v1", "deployments", "Deployment", true);
    public static readonly ResourceType ReplicaSets = new("apps", "v1", "replicasets", "ReplicaSet", true);
    public static readonly ResourceType Leases = new("coordination.k8s.io", "v1", "leases", "Lease", true);
    public static readonly ResourceType CustomResourceDefinitions = new(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false);
    public static readonly ResourceType MutatingWebhookConfigurations = new(
        "admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false);
    public static readonly ResourceType ValidatingWebhookConfigurations = new(
        "admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);
    public static readonly ResourceType SubjectAccessReviews = new(
        "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", false);
    public static readonly ResourceType TokenReviews = new("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", false);

    public static readonly ResourceType VirtualServices = new(Networking, "v1beta1", "virtualservices", "VirtualService", true);
    public static readonly ResourceType DestinationRules = new(Networking, "v1beta1", "destinationrules", "DestinationRule", true);
    public static readonly ResourceType Gateways = new(Networking, "v1beta1", "gateways", "Gateway", true);
    public static readonly ResourceType ServiceEntries = new(Networking, "v1beta1", "serviceentries", "ServiceEntry", true);
    public static readonly ResourceType Sidecars = new(Networking, "v1beta1", "sidecars", "Sidecar", true);
    public static readonly ResourceType WorkloadEntries = new(Networking, "v1beta1", "workloadentries", "WorkloadEntry", true);
    public static readonly ResourceType WorkloadGroups = new(Networking, "v1beta1", "workloadgroups", "WorkloadGroup", true);
    public static readonly ResourceType ProxyConfigs = new(Networking, "v1beta1", "proxyconfigs", "ProxyConfig", true);
    public static readonly ResourceType EnvoyFilters = new(Networking, "v1alpha3", "envoyfilters", "EnvoyFilter", true);
    public static readonly ResourceType PeerAuthentications = new(
        "security.istio.io", "v1beta1", "peerauthentications", "PeerAuthentication", true);
    public static readonly ResourceType RequestAuthentications = new(
        "security.istio.io", "v1beta1", "requestauthentications", "RequestAuthentication", true);
    public static readonly ResourceType AuthorizationPolicies = new(
        "security.istio.io", "v1beta1", "authorizationpolicies", "AuthorizationPolicy", true);
    public static readonly ResourceType Telemetries = new("telemetry.istio.io", "v1alpha1", "telemetries", "Telemetry", true);
    public static readonly ResourceType WasmPlugins = new("extensions.istio.io", "v1alpha1", "wasmplugins", "WasmPlugin", true);

    public static readonly ResourceType GatewayClasses = new(GatewayApiGroup, "v1beta1", "gatewayclasses", "GatewayClass", false);
    public static readonly ResourceType KubernetesGateways = new(GatewayApiGroup, "v1beta1", "gateways", "Gateway", true);
    public static readonly ResourceType HttpRoutes = new(GatewayApiGroup, "v1beta1", "httproutes", "HTTPRoute", true);
    public static readonly ResourceType TcpRoutes = new(GatewayApiGroup, "v1alpha2", "tcproutes", "TCPRoute", true);
    public static readonly ResourceType TlsRoutes = new(GatewayApiGroup, "v1alpha2", "tlsroutes", "TLSRoute", true);
    public static readonly ResourceType ReferenceGrants = new(GatewayApiGroup, "v1beta1", "referencegrants", "ReferenceGrant", true);

    /// <summary>The kinds of the Gateway API that are read; a cluster need not have them.</summary>
    public static readonly IReadOnlyList<ResourceType> GatewayApi = [GatewayClasses, KubernetesGateways, HttpRoutes, TcpRoutes, TlsRoutes, ReferenceGrants];

    /// <summary>The kinds of Istio that make the mesh.</summary>
    public static readonly IReadOnlyList<ResourceType> Istio =
    [
        VirtualServices, DestinationRules, Gateways, ServiceEntries, Sidecars, WorkloadEntries, WorkloadGroups, EnvoyFilters, ProxyConfigs,
        PeerAuthentications, RequestAuthentications, AuthorizationPolicies, Telemetries, WasmPlugins,
    ];
}
