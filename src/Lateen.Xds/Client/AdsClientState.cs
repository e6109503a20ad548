using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Google.Rpc;

namespace Lateen.Xds.Client;

/// <summary>The client's side of incremental xDS: what to send when. Pure; single-threaded.</summary>
/// <remarks>
/// xDS protocol, "Incremental xDS": a stream begins with the names wanted and the versions held, so that a server sends only what differs;
/// after that requests carry changes of the subscription, and ACKs nothing but a nonce. The node travels in the first request of a stream.
/// </remarks>
internal sealed class AdsClientState(IReadOnlyList<string> wildcardTypes, IReadOnlyList<string> namedTypes)
{
    private sealed class TypeState
    {
        /// <summary>Versions of the resources held; empty for one that was refused, of which an older version may be held, or none.</summary>
        public Dictionary<string, string> Versions { get; } = new(StringComparer.Ordinal);

        public HashSet<string> Names { get; set; } = new(StringComparer.Ordinal);

        /// <summary>Asked for on this stream.</summary>
        public bool IsRequested { get; set; }

        /// <summary>A whole answer came once.</summary>
        public bool IsKnown { get; set; }
    }

    private readonly Dictionary<string, TypeState> _types =
        wildcardTypes.Concat(namedTypes).ToDictionary(t => t, _ => new TypeState(), StringComparer.Ordinal);

    private Node? _node;

    /// <summary>The requests that open a stream: wildcard types, then names that are wanted from before.</summary>
    public IReadOnlyList<DeltaDiscoveryRequest> Open(Node node)
    {
        _node = node;
        foreach (var type in _types.Values)
        {
            type.IsRequested = false;
        }
        return
        [
            .. _types.Where(t => wildcardTypes.Contains(t.Key) || t.Value.Names.Count > 0)
                .OrderBy(t => XdsTypes.PushOrder(t.Key))
                .Select(t => First(t.Key, t.Value)),
        ];
    }

    /// <summary>What a response changes; null when the type was never asked for.</summary>
    public AdsUpdate? Read(DeltaDiscoveryResponse response)
    {
        if (!_types.TryGetValue(response.TypeUrl, out var type))
        {
            return null;
        }
        // A wildcard's first answer is everything.
        var isWhole = wildcardTypes.Contains(response.TypeUrl) && !type.IsKnown;
        return new AdsUpdate(response.TypeUrl, response.SystemVersionInfo, [.. response.Resources.Select(r => r.Resource_)], response.RemovedResources, isWhole);
    }

    /// <summary>The answer to a response that was read; what was accepted is held from now on.</summary>
    public DeltaDiscoveryRequest Answer(DeltaDiscoveryResponse response, string? error)
    {
        var type = _types[response.TypeUrl];
        var request = Request(response.TypeUrl);
        request.ResponseNonce = response.Nonce;
        if (error is not null)
        {
            // gRPC code 13, INTERNAL: what Envoy sends in a NACK.
            request.ErrorDetail = new Status { Code = 13, Message = error };
        }
        type.IsKnown = true;
        foreach (var resource in response.Resources)
        {
            // Which of the resources was refused only the text says: a server that is asked anew shall send all of them, or say that they are gone.
            // The name is held once, the one that was subscribed to.
            type.Versions[type.Names.TryGetValue(resource.Name, out var name) ? name : resource.Name] = error is null ? resource.Version : string.Empty;
        }
        foreach (var name in response.RemovedResources)
        {
            type.Versions.Remove(name);
        }
        return request;
    }

    /// <summary>The names of a type have changed; null when the server knows them already.</summary>
    public DeltaDiscoveryRequest? Subscribe(string typeUrl, IReadOnlyCollection<string> names)
    {
        if (!_types.TryGetValue(typeUrl, out var type) || wildcardTypes.Contains(typeUrl) || type.Names.SetEquals(names))
        {
            return null;
        }
        var before = type.Names;
        type.Names = names.ToHashSet(StringComparer.Ordinal);
        foreach (var gone in before)
        {
            if (!type.Names.Contains(gone))
            {
                type.Versions.Remove(gone);
            }
        }
        if (!type.IsRequested)
        {
            return names.Count == 0 ? null : First(typeUrl, type);
        }
        var request = Request(typeUrl);
        request.ResourceNamesSubscribe.AddRange(type.Names.Where(name => !before.Contains(name)).Order(StringComparer.Ordinal));
        request.ResourceNamesUnsubscribe.AddRange(before.Where(name => !type.Names.Contains(name)).Order(StringComparer.Ordinal));
        return request;
    }

    private DeltaDiscoveryRequest First(string typeUrl, TypeState type)
    {
        type.IsRequested = true;
        var request = Request(typeUrl);
        request.ResourceNamesSubscribe.AddRange(type.Names.Order(StringComparer.Ordinal));
        request.InitialResourceVersions.Add(type.Versions);
        return request;
    }

    private DeltaDiscoveryRequest Request(string typeUrl)
    {
        var request = new DeltaDiscoveryRequest { TypeUrl = typeUrl, Node = _node };
        _node = null;
        return request;
    }
}
