using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Filters.Rbac;

namespace Lateen.Proxy.Http;

/// <summary>What filters see of the request beyond its head, and what they tell each other.</summary>
internal sealed partial class HttpExchange
{
    private StreamMetadata? _metadata;

    /// <summary>Null or empty as long as no filter has told anything.</summary>
    public override StreamMetadata? Metadata => _metadata;

    /// <summary>For a filter that has something to tell.</summary>
    public StreamMetadata WriteMetadata() => _metadata ??= new StreamMetadata();

    /// <summary>What access rules compare; valid until the next edit of the head.</summary>
    public RbacFacts RbacFacts() => new()
    {
        IsRequest = true,
        Query = Query(),
        Destination = DownstreamLocal,
        Direct = DownstreamDirect,
        Remote = DownstreamRemote,
        ServerName = ServerName ?? "",
        PeerPrincipal = _downstream?.Connection.PeerPrincipal ?? "",
        Metadata = _metadata,
    };

    // Kept for the next request: the steady state allocates nothing.
    private void ResetFilters() => _metadata?.Clear();
}
