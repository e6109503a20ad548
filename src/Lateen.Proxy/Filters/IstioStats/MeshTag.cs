namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>The standard labels of Istio's metrics, in the order in which they are printed.</summary>
internal enum MeshTag
{
    Reporter, SourceWorkload, SourceCanonicalService, SourceCanonicalRevision, SourceWorkloadNamespace, SourcePrincipal, SourceApp,
    SourceVersion, SourceCluster, DestinationWorkload, DestinationWorkloadNamespace, DestinationPrincipal, DestinationApp,
    DestinationVersion, DestinationService, DestinationServiceName, DestinationServiceNamespace, DestinationCanonicalService,
    DestinationCanonicalRevision, DestinationCluster, RequestProtocol, ResponseCode, GrpcResponseStatus, ResponseFlags,
    ConnectionSecurityPolicy,
}
