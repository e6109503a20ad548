using Envoy.Service.Discovery.V3;

namespace Lateen.Xds.Server;

/// <summary>What changes for a proxy: resources to add or replace and names to remove.</summary>
internal readonly record struct DeltaChange(IReadOnlyList<XdsResource> Resources, IReadOnlyList<string> Removed);

/// <summary>Incremental rules for the types of one stream: requests in, verdicts and changes out, no I/O.</summary>
/// <remarks>xDS protocol, "Incremental xDS".</remarks>
internal sealed class DeltaState(NameSetPool names)
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
                type.Sent.Set(name, version);
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
        if (request.ResourceNamesSubscribe.Count > 0 || request.ResourceNamesUnsubscribe.Count > 0)
        {
            Subscribe(type, request);
            verdict = request.ResourceNamesSubscribe.Count > 0 ? RequestVerdict.Wanted : verdict;
        }
        if (!type.IsWildcard && type.Names.Count == 0)
        {
            type.Forget();
            return verdict == RequestVerdict.Wanted ? RequestVerdict.Unsubscribed : verdict;
        }
        return verdict;
    }

    private void Subscribe(TypeSubscription type, DeltaDiscoveryRequest request)
    {
        var wasWildcard = type.IsWildcard;
        type.IsWildcard = (wasWildcard || request.ResourceNamesSubscribe.Contains("*")) && !request.ResourceNamesUnsubscribe.Contains("*");

        var gone = request.ResourceNamesUnsubscribe.ToHashSet(StringComparer.Ordinal);
        var known = type.Names;
        List<string> wanted =
        [
            .. known.Names.Where(name => !gone.Contains(name)),
            .. request.ResourceNamesSubscribe.Where(name => name != "*" && !known.Contains(name) && !gone.Contains(name)),
        ];
        type.Subscribe(names.Of(wanted), keepsGone: type.IsWildcard);

        // Subscribing again asks for the resource again, even when it was sent before.
        foreach (var name in request.ResourceNamesSubscribe)
        {
            if (!request.InitialResourceVersions.ContainsKey(name))
            {
                type.Sent.Remove(name);
            }
        }
    }

    /// <summary>The difference between what the proxy was sent and what there is; null when there is none.</summary>
    /// <param name="isWanted">The proxy asked: an answer is owed even when it is empty, and for names that do not exist.</param>
    /// <param name="only">The only names that were looked at; null means all.</param>
    public static DeltaChange? Select(TypeSubscription type, XdsResourceSet set, bool isWanted, IReadOnlySet<string>? only = null)
    {
        if (type is { IsWildcard: true, Names.Count: 0 } && only is null)
        {
            return SelectAll(type, set.Resources, isWanted);
        }

        var present = new HashSet<string>(set.Resources.Count, StringComparer.Ordinal);
        var changed = new List<XdsResource>();
        for (var i = 0; i < set.Resources.Count; i++)
        {
            var resource = set.Resources[i];
            present.Add(resource.Name);
            if (type.Sent.Set(resource.Name, resource.Version, likelyPlace: i))
            {
                changed.Add(resource);
            }
        }
        var removed = (only ?? type.Sent.Names).Where(n => type.Sent.Contains(n) && !present.Contains(n)).ToList();
        foreach (var name in removed)
        {
            type.Sent.Remove(name);
        }
        if (isWanted)
        {
            // xDS protocol: a subscribed resource that does not exist is answered as removed, so that the client need not wait.
            removed.AddRange(type.Names.Names.Where(n => !present.Contains(n) && !removed.Contains(n)).ToList());
        }
        return changed.Count > 0 || removed.Count > 0 || isWanted ? new DeltaChange(changed, removed) : null;
    }

    // Lists mostly have the same names in the same places; where they do not, what was sent is looked up by name.
    private static DeltaChange? SelectAll(TypeSubscription type, IReadOnlyList<XdsResource> now, bool isWanted)
    {
        var changed = new List<XdsResource>();
        var removed = new List<string>();
        var before = type.SentList;
        if (before is null || !HaveTheSameNames(before, now))
        {
            var versions = type.Sent.Names.ToDictionary(name => name, name => type.Sent.Find(name)!, StringComparer.Ordinal);
            foreach (var resource in before ?? [])
            {
                versions[resource.Name] = resource.Version;
            }

            foreach (var resource in now)
            {
                if (!versions.Remove(resource.Name, out var version) || version != resource.Version)
                {
                    changed.Add(resource);
                }
            }

            removed.AddRange(versions.Keys);
        }
        else if (!ReferenceEquals(before, now))
        {
            changed.AddRange(now.Where((resource, i) => !ReferenceEquals(resource, before[i]) && resource.Version != before[i].Version));
        }

        type.SentList = now;
        type.Sent.Clear();
        return changed.Count > 0 || removed.Count > 0 || isWanted ? new DeltaChange(changed, removed) : null;
    }

    private static bool HaveTheSameNames(IReadOnlyList<XdsResource> before, IReadOnlyList<XdsResource> now)
    {
        if (ReferenceEquals(before, now))
        {
            return true;
        }

        if (before.Count != now.Count)
        {
            return false;
        }

        for (var i = 0; i < now.Count; i++)
        {
            if (before[i].Name != now[i].Name)
            {
                return false;
            }
        }

        return true;
    }
}
