using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Google.Rpc;

namespace Lateen.Xds.Client;

/// <summary>The client's side of state-of-the-world xDS: what to send when. Pure; single-threaded.</summary>
/// <remarks>
/// xDS protocol, "ACK/NACK": a request carries the version last ACCEPTED and the nonce last RECEIVED; on a new stream the nonce is empty,
/// the version stays, so that a server may skip what is known. The node travels in the first request of a stream only.
/// </remarks>
internal sealed class AdsClientState(IReadOnlyList<string> wildcardTypes, IReadOnlyList<string> namedTypes)
{
    private sealed class TypeState
    {
        public string Version = string.Empty;
        public string Nonce = string.Empty;
        public bool IsRequested;
        public HashSet<string> Names = new(StringComparer.Ordinal);
    }

    private readonly Dictionary<string, TypeState> _types =
        wildcardTypes.Concat(namedTypes).ToDictionary(t => t, _ => new TypeState(), StringComparer.Ordinal);

    private Node? _node;

    /// <summary>The requests that open a stream: wildcard types, then names that are wanted from before.</summary>
    public IReadOnlyList<DiscoveryRequest> Open(Node node)
    {
        _node = node;
        foreach (var type in _types.Values)
        {
            type.Nonce = string.Empty;
            type.IsRequested = false;
        }
        return
        [
            .. _types.Where(t => wildcardTypes.Contains(t.Key) || t.Value.Names.Count > 0)
                .OrderBy(t => XdsTypes.PushOrder(t.Key))
                .Select(t => Request(t.Key, t.Value)),
        ];
    }

    /// <summary>A response arrived; its nonce is the one that the next request of the type carries.</summary>
    /// <returns>False when the type was never asked for.</returns>
    public bool OnResponse(DiscoveryResponse response)
    {
        if (!_types.TryGetValue(response.TypeUrl, out var type))
        {
            return false;
        }
        type.Nonce = response.Nonce;
        return true;
    }

    /// <summary>The answer to the last response, with the names as they are wanted by now.</summary>
    public DiscoveryRequest Answer(DiscoveryResponse response, string? error, IReadOnlyCollection<string> names)
    {
        var type = _types[response.TypeUrl];
        if (error is null)
        {
            type.Version = response.VersionInfo;
            type.Names = names.ToHashSet(StringComparer.Ordinal);
        }
        var request = Request(response.TypeUrl, type);
        if (error is not null)
        {
            // gRPC code 13, INTERNAL: what Envoy sends in a NACK.
            request.ErrorDetail = new Status { Code = 13, Message = error };
        }
        return request;
    }

    /// <summary>The names of a type have changed; null when the server knows them already.</summary>
    public DiscoveryRequest? Subscribe(string typeUrl, IReadOnlyCollection<string> names)
    {
        if (!_types.TryGetValue(typeUrl, out var type) || wildcardTypes.Contains(typeUrl) || type.Names.SetEquals(names))
        {
            return null;
        }
        var wasRequested = type.IsRequested;
        type.Names = names.ToHashSet(StringComparer.Ordinal);
        return names.Count == 0 && !wasRequested ? null : Request(typeUrl, type);
    }

    private DiscoveryRequest Request(string typeUrl, TypeState type)
    {
        type.IsRequested = true;
        var request = new DiscoveryRequest { TypeUrl = typeUrl, VersionInfo = type.Version, ResponseNonce = type.Nonce, Node = _node };
        _node = null;
        request.ResourceNames.AddRange(type.Names.Order(StringComparer.Ordinal));
        return request;
    }
}
