using System.Collections.Immutable;
using Lateen.Model.Services;

namespace Lateen.Model;

/// <summary>The endpoints of every service, and the parts of them that more than load assignments depend on.</summary>
/// <remarks>
/// Clusters, listeners and a workload's own services depend on little of the endpoints. That little is kept apart, and stays the same
/// instance while endpoints come and go, so that who reads it alone sees that nothing changed.
/// </remarks>
public sealed class EndpointTable
{
    private static readonly ImmutableDictionary<ServiceKey, EndpointShard> Nothing = ImmutableDictionary<ServiceKey, EndpointShard>.Empty;

    private readonly ImmutableDictionary<ServiceKey, EndpointShard> _all;
    private readonly ImmutableDictionary<ServiceKey, EndpointShard> _identities;
    private readonly ImmutableDictionary<ServiceKey, EndpointShard> _direct;
    private readonly ImmutableDictionary<ServiceKey, EndpointShard> _unselected;
    private Dictionary<string, EquatableArray<ServiceKey>>? _byAddress;
    private HashSet<string>? _addresses;

    private EndpointTable(
        ImmutableDictionary<ServiceKey, EndpointShard> all,
        ImmutableDictionary<ServiceKey, EndpointShard> identities,
        ImmutableDictionary<ServiceKey, EndpointShard> direct,
        ImmutableDictionary<ServiceKey, EndpointShard> unselected)
    {
        (_all, _identities, _direct, _unselected) = (all, identities, direct, unselected);
    }

    /// <summary>A table of no endpoints.</summary>
    public static EndpointTable Empty { get; } = new(Nothing, Nothing, Nothing, Nothing);

    /// <summary>All shards, by service.</summary>
    public IReadOnlyDictionary<ServiceKey, EndpointShard> All => _all;

    /// <summary>Who the servers are: for each service one endpoint per port, identity and TLS mode, without addresses; DNS names whole.</summary>
    public EndpointTable Identities => new(_identities, Nothing, Nothing, Nothing);

    /// <summary>The endpoints that clients call by their own address: those of services without a virtual one.</summary>
    public EndpointTable Direct => new(_direct, Nothing, Nothing, Nothing);

    /// <summary>The endpoints of services that do not choose pods by labels: a workload serves them when one has its address.</summary>
    public EndpointTable Unselected => new(_unselected, Nothing, Nothing, _unselected);

    /// <summary>The endpoints of a service; null when none is known.</summary>
    public EndpointShard? Find(ServiceKey service) => _all.GetValueOrDefault(service);

    /// <summary>Whether both hold the very same shards.</summary>
    public bool IsSame(EndpointTable other) => ReferenceEquals(_all, other._all);

    /// <summary>The services whose endpoints differ, and those that only one of both has.</summary>
    public HashSet<ServiceKey> Differences(EndpointTable other)
    {
        var found = new HashSet<ServiceKey>();
        if (IsSame(other))
        {
            return found;
        }

        foreach (var (service, shard) in _all)
        {
            if (!other._all.TryGetValue(service, out var theirs) || !ReferenceEquals(theirs, shard))
            {
                found.Add(service);
            }
        }

        foreach (var service in other._all.Keys)
        {
            if (!_all.ContainsKey(service))
            {
                found.Add(service);
            }
        }

        return found;
    }

    /// <summary>Whether only load assignments can differ.</summary>
    public bool HasSameTraits(EndpointTable other) =>
        ReferenceEquals(_identities, other._identities) && ReferenceEquals(_direct, other._direct) && ReferenceEquals(_unselected, other._unselected);

    /// <summary>The services without a label selector that have an endpoint at an address.</summary>
    public EquatableArray<ServiceKey> UnselectedAt(string address)
    {
        var map = _byAddress ??= _unselected.Values
            .SelectMany(shard => shard.Endpoints.Select(endpoint => (endpoint.Address, shard.Service)))
            .GroupBy(pair => pair.Address)
            .ToDictionary(group => group.Key, group => group.Select(pair => pair.Service).Distinct().ToEquatableArray());
        return map.TryGetValue(address, out var found) ? found : default;
    }

    /// <summary>Whether any endpoint has an address.</summary>
    public bool HasAddress(string address) =>
        !_all.IsEmpty && (_addresses ??= _all.Values.SelectMany(shard => shard.Endpoints.Select(endpoint => endpoint.Address)).ToHashSet()).Contains(address);

    /// <summary>A table of one service alone.</summary>
    public EndpointTable Only(ServiceKey service) => Find(service) is { } shard ? new(Nothing.Add(service, shard), Nothing, Nothing, Nothing) : Empty;

    internal static EndpointTable Build(
        MeshIndex index, EquatableArray<EndpointShard> shards, IEnumerable<EndpointShard> entryShards, EndpointTable? before)
    {
        var all = new Dictionary<ServiceKey, EndpointShard>();
        foreach (var shard in shards)
        {
            all[shard.Service] = shard;
        }

        foreach (var shard in entryShards)
        {
            all[shard.Service] = all.TryGetValue(shard.Service, out var existing) ? Merge(existing, shard) : shard;
        }

        var table = before ?? Empty;
        foreach (var gone in table._all.Keys.Where(key => !all.ContainsKey(key)).ToList())
        {
            table = table.Set(gone, null, default);
        }

        foreach (var (service, shard) in all)
        {
            table = table.Set(service, shard, Traits.Of(index, service));
        }

        return table;
    }

    internal EndpointTable With(MeshIndex index, EndpointShard shard, EndpointShard? ofEntries) =>
        Set(shard.Service, ofEntries is null ? shard : Merge(shard, ofEntries), Traits.Of(index, shard.Service));

    /// <summary>A Kubernetes service and a ServiceEntry of one host and namespace share their endpoints.</summary>
    private static EndpointShard Merge(EndpointShard kubernetes, EndpointShard entries) =>
        new(kubernetes.Service, [.. kubernetes.Endpoints, .. entries.Endpoints]);

    private EndpointTable Set(ServiceKey service, EndpointShard? shard, Traits traits)
    {
        var all = Put(_all, service, shard);

        // An equal shard that is kept has its identity: by that the parts below tell themselves from it.
        shard = shard is null ? null : all[service];
        var identities = ReferenceEquals(all, _all) && !traits.IsResolvedByName && _identities.TryGetValue(service, out var known)
            && !ReferenceEquals(known, shard)
            ? _identities
            : Put(_identities, service, shard is null ? null : traits.IsResolvedByName ? shard : Identity(shard));
        var direct = Put(_direct, service, traits.IsCalledDirectly ? shard : null);
        var unselected = Put(_unselected, service, traits.IsUnselected ? shard : null);
        return ReferenceEquals(all, _all) && ReferenceEquals(identities, _identities) && ReferenceEquals(direct, _direct)
            && ReferenceEquals(unselected, _unselected)
            ? this
            : new(all, identities, direct, unselected) { _byAddress = ReferenceEquals(unselected, _unselected) ? _byAddress : null };
    }

    // SetItem makes a new dictionary for an equal but other value; identity must tell a change of content.
    private static ImmutableDictionary<ServiceKey, EndpointShard> Put(
        ImmutableDictionary<ServiceKey, EndpointShard> shards, ServiceKey service, EndpointShard? shard)
    {
        if (shard is null)
        {
            return shards.Remove(service);
        }

        return shards.TryGetValue(service, out var known) && (ReferenceEquals(known, shard) || known == shard) ? shards : shards.SetItem(service, shard);
    }

    private static EndpointShard Identity(EndpointShard shard) => new(
        shard.Service,
        shard.Endpoints
            .Select(endpoint => (endpoint.ServicePortName, endpoint.TlsMode, endpoint.ServiceAccount))
            .Distinct()
            .Order()
            .Select(identity => new Endpoint
            {
                Address = "", ServicePortName = identity.ServicePortName, TlsMode = identity.TlsMode, ServiceAccount = identity.ServiceAccount,
            })
            .ToEquatableArray());

    /// <summary>What of a service decides who reads its endpoints.</summary>
    private readonly record struct Traits(bool IsResolvedByName, bool IsCalledDirectly, bool IsUnselected)
    {
        public static Traits Of(MeshIndex index, ServiceKey key)
        {
            var traits = default(Traits);
            foreach (var service in index.ServicesOf(key.Hostname))
            {
                if (service.Namespace == key.Namespace)
                {
                    traits = new(
                        traits.IsResolvedByName || service.Resolution is Resolution.Dns or Resolution.DnsRoundRobin,
                        traits.IsCalledDirectly || service.Resolution == Resolution.Passthrough,
                        traits.IsUnselected || service.Registry != Registry.Kubernetes || service.Selector.IsEmpty);
                }
            }

            return traits;
        }
    }
}
