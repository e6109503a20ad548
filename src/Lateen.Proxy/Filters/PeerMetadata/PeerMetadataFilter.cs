using Lateen.Net.Http1;
using Lateen.Proxy.Http;

namespace Lateen.Proxy.Filters.PeerMetadata;

/// <summary>Peers tell each other what they are by x-envoy-peer-metadata (io.istio.http.peer_metadata.Config).</summary>
/// <remarks>
/// The receiving side reads and takes away the request's headers and answers with its own where it was asked; the sending side adds its
/// own and takes away those of the answer. The application sees none of them.
/// </remarks>
internal sealed class PeerMetadataFilter : HttpFilterFactory
{
    public required byte[] OwnMetadata { get; init; }

    public required byte[] OwnId { get; init; }

    public bool ReadsRequest { get; init; }

    public bool AddsToRequest { get; init; }

    public bool SkipsExternalClusters { get; init; }

    public bool ReadsResponse { get; init; }

    public bool AddsToResponse { get; init; }

    public override FilterVerdict OnRequest(HttpExchange exchange)
    {
        MessageHead request = exchange.Request;
        if (ReadsRequest)
        {
            exchange.PeerSentMetadata = request.Has(HttpField.XEnvoyPeerMetadata);
            exchange.PeerSentId = request.Has(HttpField.XEnvoyPeerMetadataId);
            if (exchange.PeerSentMetadata)
            {
                exchange.DownstreamPeer = exchange.Worker.Telemetry.Peer(request.Get(HttpField.XEnvoyPeerMetadata));
            }
            request.Remove(HttpField.XEnvoyPeerMetadata);
            request.Remove(HttpField.XEnvoyPeerMetadataId);
        }
        if (AddsToRequest && !(SkipsExternalClusters && exchange.Cluster?.Config is { IsExternal: true }))
        {
            request.Set(HttpField.XEnvoyPeerMetadata, OwnMetadata);
            request.Set(HttpField.XEnvoyPeerMetadataId, OwnId);
        }
        return FilterVerdict.Continue;
    }

    public override void OnResponse(HttpExchange exchange)
    {
        MessageHead response = exchange.Response;
        if (ReadsResponse)
        {
            if (response.Has(HttpField.XEnvoyPeerMetadata))
            {
                exchange.UpstreamPeer = exchange.Worker.Telemetry.Peer(response.Get(HttpField.XEnvoyPeerMetadata));
            }
            response.Remove(HttpField.XEnvoyPeerMetadata);
            response.Remove(HttpField.XEnvoyPeerMetadataId);
        }
        if (AddsToResponse && exchange.PeerSentMetadata)
        {
            response.Set(HttpField.XEnvoyPeerMetadata, OwnMetadata);
        }
        if (AddsToResponse && exchange.PeerSentId)
        {
            response.Set(HttpField.XEnvoyPeerMetadataId, OwnId);
        }
    }
}
