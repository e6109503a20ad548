using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model.Services;

namespace Lateen.Config.Snapshots;

/// <summary>The endpoints of each service, made anew where something changed that they are made from: its slices, the pods behind them, or what all depend on.</summary>
internal sealed class ServiceEndpoints
{
    private readonly EndpointSlices _slices = new();
    private readonly Dictionary<ObjectKey, EndpointShard> _shards = [];
    private readonly HashSet<ObjectKey> _changed = [];

    public IEnumerable<EndpointSlice> Slices => _slices.All;

    public bool HasChanges => _changed.Count > 0;

    /// <summary>As of the last <see cref="Renew"/>.</summary>
    public IReadOnlyDictionary<ObjectKey, EndpointShard> Shards => _shards;

    public void Upsert(EndpointSlice slice) => _changed.UnionWith(_slices.Upsert(slice));

    public void Delete(ObjectKey slice) => _changed.UnionWith(_slices.Delete(slice));

    /// <summary>The service itself changed.</summary>
    public void Touch(ObjectKey service) => _changed.Add(service);

    /// <summary>Something changed that every endpoint may depend on.</summary>
    public void TouchAll() => _changed.UnionWith(_slices.Services);

    /// <summary>A pod changed that may be behind a slice.</summary>
    public void TouchPod(ObjectKey pod) => _changed.UnionWith(_slices.ServicesOf(pod));

    /// <summary>Makes what changed; returns the services whose endpoints are others than before.</summary>
    public List<ObjectKey> Renew(MeshObjects objects)
    {
        var others = new List<ObjectKey>();
        foreach (var key in _changed)
        {
            var shard = EndpointShards.Build(key, _slices.Of(key), objects);
            if (!_shards.TryGetValue(key, out var known) || known != shard)
            {
                _shards[key] = shard;
                others.Add(key);
            }
        }

        _changed.Clear();
        return others;
    }
}
