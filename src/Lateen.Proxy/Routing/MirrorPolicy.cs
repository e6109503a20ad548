using Lateen.Proxy.Clusters;

namespace Lateen.Proxy.Routing;

/// <summary>One of a route's request_mirror_policies, compiled: a share of the requests goes to another cluster as well.</summary>
/// <param name="Cluster">Where the copy goes; null if <paramref name="ClusterHeader"/> says it.</param>
/// <param name="ClusterHeader">Name of the header that names the cluster, lower case.</param>
/// <param name="Numerator">Share of the requests.</param>
/// <param name="Denominator">Of how many.</param>
internal sealed record MirrorPolicy(ClusterState? Cluster, byte[] ClusterHeader, uint Numerator, uint Denominator);
