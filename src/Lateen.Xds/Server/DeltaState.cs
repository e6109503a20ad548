using Envoy.Service.Discovery.V3;

namespace Lateen.Xds.Server;

/// <summary>What changes for a proxy: resources to add or replace and names to remove.</summary>
internal readonly record struct DeltaChange(IReadOnlyList<XdsResource> Resources, IReadOnlyList<string> Removed);

/// <summary>Incremental rules for the types of one stream: requests in, verdicts and changes out, no I/O.</summary>
/// <remarks>xDS protocol, "Incremental xDS".</remarks>
internal sealed class DeltaState
{
    private readonly Dictionary<string, TypeSubscription> _types = new(StringComparer.Ordinal);

    public IEnumerable<TypeSubscription> Types => _types.Values;

    public TypeSubscription? Find(string typeUrl) => _types.GetValueOrDefault(typeUrl);

    public RequestVerdict OnRequest(DeltaDiscoveryRequest request, DateTimeOffset now)
    {
        var verdict = RequestVerdict.Acked;
        if (!_types.TryGetValue(request.TypeUrl, out var type))
        {
            _types[request.TypeUrl] = type = new TypeSubscription(request.TypeUrl);
            // Only the first request of a type may mean the wildcard by naming nothing.
            type.IsWildcard = request.ResourceNamesSubscribe.Count == 0 && XdsTypes.IsWildcard(request.TypeUrl);
            foreach (var (name, version) in request.InitialResourceVersions)
            {
                type.Sent[name] = version;
            }
            verdict = RequestVerdict.Wanted;
        }
        else if (request.ResponseNonce.Length > 0)
        {
            if (request.ResponseNonce != type.SentNonce)
            {
                verdict = RequestVerdict.Stale;
            }
            else if (request.ErrorDetail is { } error)
            {
                // A refusal that is said again and again is heard once.
                if (type.NackMessage is not null && !type.IsAwaitingAck)
                {
                    return RequestVerdict.Stale;
                }

                type.OnAnswered(error.Message, now);
                verdict = RequestVerdict.Nacked;
            }
            else
            {
                type.OnAnswered(null, now);
            }
        }
        // Subscriptions of a delta request count whatever its nonce: they are changes, not a state.
        foreach (var name in request.ResourceNamesSubscribe)
        {
            if (name == "*")
            {
                type.IsWildcard = true;
            }
            else
            {
                type.Names.Add(name);
                // Subscribing again asks for the resource again, even when it was sent before.
                if (!request.InitialResourceVersions.ContainsKey(name))
                {
                    type.Sent.Remove(name);
                }
            }
            verdict = RequestVerdict.Wanted;
        }
        foreach (var name in request.ResourceNamesUnsubscribe)
        {
            if (name == "*")
            {
                type.IsWildcard = false;
            }
            else if (type.Names.Remove(name) && !type.IsWildcard)
            {
                type.Sent.Remove(name);
            }
        }
        if (!type.IsWildcard && type.Names.Count == 0)
        {
            type.Forget();
            return verdict == RequestVerdict.Wanted ? RequestVerdict.Unsubscribed : verdict;
        }
        return verdict;
    }

    /// <summary>The difference between what the proxy was sent and what there is; null when there is none.</summary>
    /// <param name="isWanted">The proxy asked: an answer is owed even when it is empty, and for names that do not exist.</param>
    /// <param name="only">The only names that were looked at; null means all.</param>
    public static DeltaChange? Select(TypeSubscription type, XdsResourceSet set, bool isWanted, IReadOnlySet<string>? only = null)
    {
        var present = new HashSet<string>(set.Resources.Count, StringComparer.Ordinal);
        var changed = new List<XdsResource>();
        foreach (var resource in set.Resources)
        {
            present.Add(resource.Name);
            if (!type.Sent.TryGetValue(resource.Name, out var version) || version != resource.Version)
            {
                changed.Add(resource);
                type.Sent[resource.Name] = resource.Version;
            }
        }
        var removed = (only ?? (IEnumerable<string>)type.Sent.Keys).Where(n => type.Sent.ContainsKey(n) && !present.Contains(n)).ToList();
        foreach (var name in removed)
        {
            type.Sent.Remove(name);
        }
        if (isWanted)
        {
            // xDS protocol: a subscribed resource that does not exist is answered as removed, so that the client need not wait.
            removed.AddRange(type.Names.Where(n => !present.Contains(n) && !removed.Contains(n)).ToList());
        }
        return changed.Count > 0 || removed.Count > 0 || isWanted ? new DeltaChange(changed, removed) : null;
    }
}
