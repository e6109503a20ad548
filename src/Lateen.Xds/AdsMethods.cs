using Envoy.Service.Discovery.V3;
using Lateen.Grpc;

namespace Lateen.Xds;

/// <summary>The two methods of the aggregated discovery service.</summary>
public static class AdsMethods
{
    private const string Service = "envoy.service.discovery.v3.AggregatedDiscoveryService";

    /// <summary>State of the world.</summary>
    public static GrpcMethod<DiscoveryRequest, DiscoveryResponse> Stream { get; } = new(
        Service, "StreamAggregatedResources", GrpcMarshaller.Of(DiscoveryRequest.Parser), GrpcMarshaller.Of(DiscoveryResponse.Parser));

    /// <summary>Incremental.</summary>
    public static GrpcMethod<DeltaDiscoveryRequest, DeltaDiscoveryResponse> Delta { get; } = new(
        Service, "DeltaAggregatedResources", GrpcMarshaller.Of(DeltaDiscoveryRequest.Parser), GrpcMarshaller.Of(DeltaDiscoveryResponse.Parser));
}
