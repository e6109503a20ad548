namespace Lateen.Api;

/// <summary>The type URLs that travel in xDS requests and in <c>Any</c>, one constant each.</summary>
/// <remarks>Source: xDS protocol, "Resource Types"; Istio's own types from its 1.19 control plane.</remarks>
public static class TypeUrls
{
    /// <summary>What every type URL of a protobuf message starts with.</summary>
    public const string Prefix = "type.googleapis.com/";

    public const string Cluster = Prefix + "envoy.config.cluster.v3.Cluster";
    public const string ClusterLoadAssignment = Prefix + "envoy.config.endpoint.v3.ClusterLoadAssignment";
    public const string Listener = Prefix + "envoy.config.listener.v3.Listener";
    public const string RouteConfiguration = Prefix + "envoy.config.route.v3.RouteConfiguration";
    public const string ScopedRouteConfiguration = Prefix + "envoy.config.route.v3.ScopedRouteConfiguration";
    public const string VirtualHost = Prefix + "envoy.config.route.v3.VirtualHost";
    public const string Secret = Prefix + "envoy.extensions.transport_sockets.tls.v3.Secret";
    public const string TypedExtensionConfig = Prefix + "envoy.config.core.v3.TypedExtensionConfig";
    public const string NameTable = Prefix + "istio.networking.nds.v1.NameTable";
    public const string ProxyConfig = Prefix + "istio.mesh.v1alpha1.ProxyConfig";
    public const string HealthInformation = Prefix + "istio.v1.HealthInformation";
    public const string Bootstrap = Prefix + "envoy.config.bootstrap.v3.Bootstrap";

    /// <summary>Istio's debug pages over xDS; it carries no type.googleapis.com/ prefix.</summary>
    public const string Debug = "istio.io/debug";

    /// <summary>The type URL of a message's full name.</summary>
    public static string Of(string fullName) => Prefix + fullName;

    /// <summary>The type URL of a generated message.</summary>
    public static string Of(Google.Protobuf.IMessage message) => Prefix + message.Descriptor.FullName;

    /// <summary>The full message name behind a type URL: what follows the last slash.</summary>
    public static string MessageName(string typeUrl) => typeUrl[(typeUrl.LastIndexOf('/') + 1)..];

    /// <summary>The metric form used in counters and log lines (<c>cds</c>, <c>eds</c> ...); other types give themselves.</summary>
    public static string ShortName(string typeUrl) => typeUrl switch
    {
        Cluster => "cds",
        ClusterLoadAssignment => "eds",
        Listener => "lds",
        RouteConfiguration => "rds",
        Secret => "sds",
        TypedExtensionConfig => "ecds",
        NameTable => "nds",
        ProxyConfig => "pcds",
        Bootstrap => "bds",
        ScopedRouteConfiguration => "srds",
        VirtualHost => "vhds",
        _ => typeUrl,
    };
}
