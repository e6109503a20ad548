using Lateen.Api;

namespace Lateen.Xds;

/// <summary>What the protocol itself must know of a resource type: its place in a push, and what an empty list of names means.</summary>
public static class XdsTypes
{
    /// <summary>
    /// The place in a push. xDS protocol, "Eventual consistency considerations": CDS, EDS, LDS, RDS; then SDS and all others, so that
    /// nothing refers to what is not there yet (make before break).
    /// </summary>
    public static int PushOrder(string typeUrl) => typeUrl switch
    {
        TypeUrls.Cluster => 0,
        TypeUrls.ClusterLoadAssignment => 1,
        TypeUrls.Listener => 2,
        TypeUrls.RouteConfiguration => 3,
        TypeUrls.Secret => 4,
        _ => 5,
    };

    /// <summary>
    /// True when no names means all resources: CDS, LDS and Istio's single-resource types. False when names are always explicit: EDS, RDS,
    /// SDS, ECDS.
    /// </summary>
    public static bool IsWildcard(string typeUrl) => typeUrl is not (TypeUrls.ClusterLoadAssignment or TypeUrls.RouteConfiguration
        or TypeUrls.Secret or TypeUrls.TypedExtensionConfig or TypeUrls.ScopedRouteConfiguration or TypeUrls.VirtualHost
        or TypeUrls.Debug);

    /// <summary>The type whose resources a client asks for again when one of this type changed: EDS after CDS, RDS after LDS (warming).</summary>
    internal static string? WarmedBy(string typeUrl) => typeUrl switch
    {
        TypeUrls.Cluster => TypeUrls.ClusterLoadAssignment,
        TypeUrls.Listener => TypeUrls.RouteConfiguration,
        _ => null,
    };
}
