using System.Collections.Immutable;
using Lateen.Model.Mesh;
using Lateen.Model.Scope;
using Lateen.Model.ServiceEntries;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Model;

/// <summary>A consistent, immutable whole of what the mesh is at one moment, with the indices that translation asks.</summary>
/// <remarks>
/// Two layers: <see cref="Index"/> holds services and resources and is built as a whole; endpoints lie in one shard per
/// service beside it, so that a pod that comes or goes replaces one shard and nothing else.
/// </remarks>
public sealed class MeshSnapshot
{
    private readonly ImmutableDictionary<ServiceKey, EndpointShard> _endpoints;

    // What resources add to services of Kubernetes; it stays when the pods behind a service change.
    private readonly ImmutableDictionary<ServiceKey, EndpointShard> _ofResources;

    private MeshSnapshot(
        MeshIndex index,
        ImmutableDictionary<ServiceKey, EndpointShard> endpoints,
        ImmutableDictionary<ServiceKey, EndpointShard> ofResources,
        long version)
    {
        Index = index;
        _endpoints = endpoints;
        _ofResources = ofResources;
        Version = version;
    }

    /// <summary>Services and resources, without endpoints. The same instance as long as only endpoints change.</summary>
    public MeshIndex Index { get; }

    /// <summary>Grows with each change inside one process.</summary>
    public long Version { get; }

    public MeshConfig Mesh => Index.Inputs.Mesh;

    public ControlPlaneSettings Settings => Index.Inputs.Settings;

    /// <summary>All shards, by service.</summary>
    public IReadOnlyDictionary<ServiceKey, EndpointShard> Endpoints => _endpoints;

    /// <summary>A snapshot of nothing.</summary>
    public static MeshSnapshot Empty { get; } = Build(new MeshInputs());

    /// <summary>Builds services, indices and endpoints from what the sources told.</summary>
    public static MeshSnapshot Build(MeshInputs inputs, long version = 0)
    {
        var entries = ServiceEntryConversion.Convert(inputs);
        var index = new MeshIndex(inputs, entries.Services);
        var shards = ImmutableDictionary.CreateBuilder<ServiceKey, EndpointShard>();
        foreach (var shard in inputs.Endpoints)
        {
            shards[shard.Service] = shard;
        }

        foreach (var shard in entries.Endpoints)
        {
            // A Kubernetes service and a ServiceEntry of one host and namespace share their endpoints.
            shards[shard.Service] = shards.TryGetValue(shard.Service, out var existing)
                ? new(shard.Service, [.. existing.Endpoints, .. shard.Endpoints])
                : shard;
        }

        return new(index, shards.ToImmutable(), entries.Endpoints.ToImmutableDictionary(e => e.Service), version);
    }

    /// <summary>The same mesh with other endpoints of one service; nothing else is built anew.</summary>
    /// <remarks>Only for services of Kubernetes: endpoints of ServiceEntries and WorkloadEntries follow from resources and stay.</remarks>
    public MeshSnapshot WithEndpoints(EndpointShard shard, long version) =>
        new(Index, _endpoints.SetItem(shard.Service, Joined(shard)), _ofResources, version);

    /// <summary>The endpoints of a service; empty when none is known.</summary>
    public EndpointShard EndpointsOf(ServiceKey service) =>
        _endpoints.TryGetValue(service, out var shard) ? shard : new(service, default);

    /// <summary>The endpoints that serve one port of a service.</summary>
    public IEnumerable<Endpoint> EndpointsOf(Service service, ServicePort port)
    {
        if (_endpoints.TryGetValue(service.Key, out var shard))
        {
            foreach (var endpoint in shard.Endpoints)
            {
                if (endpoint.ServicePortName == port.Name)
                {
                    yield return endpoint;
                }
            }
        }
    }

    /// <summary>What a proxy sees.</summary>
    public SidecarScope ScopeOf(ProxyNode proxy) => Index.ScopeOf(proxy);

    private EndpointShard Joined(EndpointShard shard) => _ofResources.TryGetValue(shard.Service, out var added)
        ? new(shard.Service, [.. shard.Endpoints, .. added.Endpoints])
        : shard;
}
