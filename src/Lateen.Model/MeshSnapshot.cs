using Lateen.Model.Mesh;
using Lateen.Model.Scope;
using Lateen.Model.ServiceEntries;
using Lateen.Model.Services;
using Lateen.Model.Workloads;

namespace Lateen.Model;

/// <summary>A consistent, immutable whole of what the mesh is at one moment, with the indices that translation asks.</summary>
/// <remarks>
/// Three layers: <see cref="Index"/> holds services and resources; endpoints lie in one shard per service beside it, pods beside both,
/// so that a pod that comes or goes replaces one shard and one entry and nothing else.
/// </remarks>
public sealed class MeshSnapshot
{
    private readonly ServiceEntryServices _entries;

    private MeshSnapshot(MeshIndex index, ServiceEntryServices entries, EndpointTable endpoints, WorkloadTable workloads, long version)
    {
        (Index, _entries, Endpoints, Workloads, Version) = (index, entries, endpoints, workloads, version);
    }

    /// <summary>Services and resources, without endpoints. The same instance as long as only endpoints and pods change.</summary>
    public MeshIndex Index { get; }

    /// <summary>Grows with each change inside one process.</summary>
    public long Version { get; }

    public MeshConfig Mesh => Index.Inputs.Mesh;

    public ControlPlaneSettings Settings => Index.Inputs.Settings;

    /// <summary>All endpoints, by service.</summary>
    public EndpointTable Endpoints { get; }

    /// <summary>The pods, by address.</summary>
    public WorkloadTable Workloads { get; }

    /// <summary>A snapshot of nothing.</summary>
    public static MeshSnapshot Empty { get; } = Build(new MeshInputs());

    /// <summary>Builds services, indices and endpoints from what the sources told.</summary>
    public static MeshSnapshot Build(MeshInputs inputs, long version = 0) => Build(inputs, WorkloadTable.Build(inputs.Workloads), version, null);

    /// <summary>The same pods with other services or resources: what depends on nothing that changed is the same as before.</summary>
    public MeshSnapshot Rebuild(MeshInputs inputs, long version) => Build(inputs, Workloads, version, this);

    /// <summary>The same mesh with other endpoints of one service of Kubernetes; nothing else is built anew.</summary>
    public MeshSnapshot WithEndpoints(EndpointShard shard, long version) =>
        new(Index, _entries, Endpoints.With(Index, shard, _entries.Find(shard.Service)), Workloads, version);

    /// <summary>The same mesh with one pod changed, come (no old one) or gone (no new one).</summary>
    /// <remarks>Only where no ServiceEntry selects pods: their endpoints follow from pods.</remarks>
    public MeshSnapshot WithWorkload(Workload? old, Workload? @new, long version) =>
        new(Index, _entries, Endpoints, Workloads.With(old, @new), version);

    /// <summary>A part of this mesh, for a reader to whom the rest does not matter.</summary>
    public MeshSnapshot Restrict(MeshIndex index, EndpointTable endpoints, WorkloadTable workloads) =>
        new(index, ServiceEntryServices.None, endpoints, workloads, Version);

    private static MeshSnapshot Build(MeshInputs inputs, WorkloadTable workloads, long version, MeshSnapshot? before)
    {
        var entries = ServiceEntryServices.Build(inputs, before?._entries);
        var sameServices = before is not null && ReferenceEquals(entries, before._entries) && before.Index.Inputs.Services.IsSame(inputs.Services);
        var index = MeshIndex.Build(inputs, entries.Services, sameServices, before?.Index);
        var sameEndpoints = sameServices && before!.Index.Inputs.Endpoints.IsSame(inputs.Endpoints);
        var endpoints = sameEndpoints ? before!.Endpoints : EndpointTable.Build(index, inputs.Endpoints, entries.Endpoints, before?.Endpoints);
        return new(index, entries, endpoints, workloads, version);
    }

    /// <summary>The endpoints of a service; empty when none is known.</summary>
    public EndpointShard EndpointsOf(ServiceKey service) => Endpoints.Find(service) ?? new(service, default);

    /// <summary>The endpoints that serve one port of a service.</summary>
    public IEnumerable<Endpoint> EndpointsOf(Service service, ServicePort port)
    {
        if (Endpoints.Find(service.Key) is { } shard)
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
}
