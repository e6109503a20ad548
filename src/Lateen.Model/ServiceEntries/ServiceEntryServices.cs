using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Model.ServiceEntries;

/// <summary>
/// The services and endpoints that ServiceEntries stand for, and the endpoints that WorkloadEntries add to services of Kubernetes; made anew
/// only when something that they depend on changed.
/// </summary>
internal sealed class ServiceEntryServices
{
    private readonly EquatableArray<ServiceEntryConfig> _entries;
    private readonly EquatableArray<WorkloadEntryConfig> _workloadEntries;
    private readonly MeshInputs _inputs;
    private readonly Dictionary<ServiceKey, EndpointShard> _endpoints;

    private ServiceEntryServices(
        MeshInputs inputs, EquatableArray<ServiceEntryConfig> entries, EquatableArray<WorkloadEntryConfig> workloadEntries)
    {
        (_inputs, _entries, _workloadEntries) = (inputs, entries, workloadEntries);
        var (services, endpoints) = ServiceEntryConversion.Convert(inputs, entries, workloadEntries);
        Services = services.ToEquatableArray();
        _endpoints = endpoints.ToDictionary(shard => shard.Service);
    }

    /// <summary>Of no ServiceEntry.</summary>
    public static ServiceEntryServices None { get; } = new(new MeshInputs(), default, default);

    public EquatableArray<Service> Services { get; }

    public IEnumerable<EndpointShard> Endpoints => _endpoints.Values;

    public static ServiceEntryServices Build(MeshInputs inputs, ServiceEntryServices? before)
    {
        var entries = ConfigOrder.Of<ServiceEntryConfig>(inputs.Configs);
        var workloadEntries = ConfigOrder.Of<WorkloadEntryConfig>(inputs.Configs);
        if (entries.IsEmpty && workloadEntries.IsEmpty)
        {
            return None;
        }

        return before is not null && before.Holds(inputs, entries, workloadEntries) ? before : new(inputs, entries, workloadEntries);
    }

    public EndpointShard? Find(ServiceKey service) => _endpoints.GetValueOrDefault(service);

    private bool Holds(MeshInputs inputs, EquatableArray<ServiceEntryConfig> entries, EquatableArray<WorkloadEntryConfig> workloadEntries)
    {
        var selects = entries.Any(entry => entry.WorkloadSelector is { MatchLabels.IsEmpty: false });
        return SameItems(_entries, entries)
            && SameItems(_workloadEntries, workloadEntries)
            && (workloadEntries.IsEmpty || _inputs.Services.IsSame(inputs.Services))
            && (!selects || _inputs.Workloads.IsSame(inputs.Workloads))
            && _inputs.Mesh.TrustDomain == inputs.Mesh.TrustDomain
            && _inputs.Networks == inputs.Networks
            && _inputs.ClusterNetwork == inputs.ClusterNetwork
            && _inputs.ClusterId == inputs.ClusterId;
    }

    private static bool SameItems<T>(EquatableArray<T> a, EquatableArray<T> b)
        where T : class
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        for (var i = 0; i < a.Count; i++)
        {
            if (!ReferenceEquals(a[i], b[i]))
            {
                return false;
            }
        }

        return true;
    }
}
