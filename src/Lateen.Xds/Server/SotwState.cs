using Envoy.Service.Discovery.V3;

namespace Lateen.Xds.Server;

/// <summary>State-of-the-world rules for the types of one stream: requests in, verdicts and responses out, no I/O.</summary>
/// <remarks>xDS protocol, "ACK/NACK and resource type instance version", "Unsubscribing from resources".</remarks>
internal sealed class SotwState
{
    private readonly Dictionary<string, TypeSubscription> _types = new(StringComparer.Ordinal);

    public IEnumerable<TypeSubscription> Types => _types.Values;

    public TypeSubscription? Find(string typeUrl) => _types.GetValueOrDefault(typeUrl);

    public RequestVerdict OnRequest(DiscoveryRequest request, NameSet names, DateTimeOffset now)
    {
        var type = _types.GetValueOrDefault(request.TypeUrl);
        if (request.ErrorDetail is { } error)
        {
            // A refusal that is said again and again is heard once.
            if (type is null || request.ResponseNonce != type.SentNonce || (type.NackMessage is not null && !type.IsAwaitingAck))
            {
                return RequestVerdict.Stale;
            }
            type.OnAnswered(error.Message, now);
            return RequestVerdict.Nacked;
        }
        // First request, or first after a reconnect: the nonce belongs to no response of this stream.
        if (type is null || request.ResponseNonce.Length == 0)
        {
            if (type is null)
            {
                _types[request.TypeUrl] = type = new TypeSubscription(request.TypeUrl);
            }
            SetNames(type, names);
            type.Forget();
            return type.IsWildcard || type.Names.Count > 0 ? RequestVerdict.Wanted : RequestVerdict.Acked;
        }
        if (request.ResponseNonce != type.SentNonce)
        {
            return RequestVerdict.Stale;
        }
        type.OnAnswered(null, now);
        if (!type.MustAnswer && HasSameNames(type, names))
        {
            return RequestVerdict.Acked;
        }

        var before = type.Names;
        var wasWildcard = type.IsWildcard;
        SetNames(type, names);
        if (!type.IsWildcard && type.Names.Count == 0)
        {
            _types.Remove(request.TypeUrl);
            return before.Count > 0 || wasWildcard ? RequestVerdict.Unsubscribed : RequestVerdict.Acked;
        }
        type.Basis = null;
        if (type.MustAnswer)
        {
            // Warming: the proxy has dropped what it had, so all of it goes out again.
            type.MustAnswer = false;
            type.Forget();
            return RequestVerdict.Wanted;
        }
        // Names that only went away need no answer: partial types have nothing to say about what is not subscribed.
        return type.IsWildcard == wasWildcard && before.Set.IsSupersetOf(names.Names) ? RequestVerdict.Acked : RequestVerdict.Wanted;
    }

    /// <summary>
    /// The resources to send: all of a wildcard type when any of them changed, else the changed ones only (EDS and RDS responses may be
    /// partial); null when the proxy has everything already.
    /// </summary>
    public static IReadOnlyList<XdsResource>? Select(TypeSubscription type, XdsResourceSet set, bool isWanted)
    {
        if (XdsTypes.IsWildcard(type.TypeUrl))
        {
            var isSame = IsSame(type.SentList, set.Resources);
            type.SentList = set.Resources;
            return isSame && !isWanted ? null : set.Resources;
        }
        var changed = new List<XdsResource>();
        for (var i = 0; i < set.Resources.Count; i++)
        {
            var resource = set.Resources[i];
            if (type.Sent.Set(resource.Name, resource.Version, likelyPlace: i))
            {
                changed.Add(resource);
            }
        }

        return changed.Count == 0 && !isWanted ? null : changed;
    }

    private static bool IsSame(IReadOnlyList<XdsResource>? sent, IReadOnlyList<XdsResource> now)
    {
        if (ReferenceEquals(sent, now))
        {
            return true;
        }
        if (sent is null || sent.Count != now.Count)
        {
            return false;
        }
        for (var i = 0; i < now.Count; i++)
        {
            var (a, b) = (sent[i], now[i]);
            if (!ReferenceEquals(a, b) && (a.Name != b.Name || a.Version != b.Version))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Called with each response: what depends on this type will be asked for again.</summary>
    public void OnSent(TypeSubscription type, string version, string nonce, DateTimeOffset now)
    {
        type.OnSent(version, nonce, now);
        if (XdsTypes.WarmedBy(type.TypeUrl) is { } warmed && _types.TryGetValue(warmed, out var dependent))
        {
            dependent.MustAnswer = true;
        }
    }

    private static bool HasSameNames(TypeSubscription type, NameSet names) =>
        (names.Count > 0 || names.IsWildcard || type.IsWildcard) && type.Names.IsSame(names);

    // xDS protocol, "How the client specifies what resources to return": an empty list on a wildcard type, or "*", is the wildcard.
    private static void SetNames(TypeSubscription type, NameSet names)
    {
        type.IsWildcard = names.IsWildcard || (names.Count == 0 && XdsTypes.IsWildcard(type.TypeUrl));
        if (!ReferenceEquals(type.Names, names))
        {
            type.Subscribe(names);
        }
    }
}
