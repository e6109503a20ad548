using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Config.Snapshots;

/// <summary>All EndpointSlices, found by their Service and by the pods in them.</summary>
internal sealed class EndpointSlices
{
    private static readonly IReadOnlyDictionary<string, EndpointSlice> None = new Dictionary<string, EndpointSlice>();

    private readonly Dictionary<ObjectKey, EndpointSlice> _slices = [];
    private readonly Dictionary<ObjectKey, Dictionary<string, EndpointSlice>> _byService = [];
    private readonly Dictionary<ObjectKey, Dictionary<ObjectKey, int>> _byPod = [];

    /// <summary>Every service that has a slice.</summary>
    public IReadOnlyCollection<ObjectKey> Services => _byService.Keys;

    public IEnumerable<EndpointSlice> All => _slices.Values;

    /// <returns>The services whose endpoints this changes.</returns>
    public IEnumerable<ObjectKey> Upsert(EndpointSlice slice)
    {
        var key = new ObjectKey(slice.Namespace, slice.Name);
        if (_slices.TryGetValue(key, out var known) && known == slice)
        {
            return [];
        }

        var changed = Delete(key).ToList();
        if (slice.ServiceName.Length == 0)
        {
            return changed;
        }

        _slices[key] = slice;
        var service = ServiceOf(slice);
        (_byService.TryGetValue(service, out var slices) ? slices : _byService[service] = [])[slice.Name] = slice;
        CountPods(slice, service, 1);
        changed.Add(service);
        return changed;
    }

    /// <returns>The service whose endpoints this changes, or nothing.</returns>
    public IEnumerable<ObjectKey> Delete(ObjectKey key)
    {
        if (!_slices.Remove(key, out var slice))
        {
            return [];
        }

        var service = ServiceOf(slice);
        var slices = _byService[service];
        slices.Remove(slice.Name);
        if (slices.Count == 0)
        {
            _byService.Remove(service);
        }

        CountPods(slice, service, -1);
        return [service];
    }

    public IEnumerable<EndpointSlice> Of(ObjectKey service) =>
        (_byService.TryGetValue(service, out var slices) ? slices : None).Values;

    public IEnumerable<ObjectKey> ServicesOf(ObjectKey pod) => _byPod.TryGetValue(pod, out var services) ? [.. services.Keys] : [];

    private static ObjectKey ServiceOf(EndpointSlice slice) => new(slice.Namespace, slice.ServiceName);

    private void CountPods(EndpointSlice slice, ObjectKey service, int step)
    {
        foreach (var endpoint in slice.Endpoints)
        {
            if (endpoint.PodName.Length == 0)
            {
                continue;
            }

            var pod = new ObjectKey(slice.Namespace, endpoint.PodName);
            var services = _byPod.TryGetValue(pod, out var known) ? known : _byPod[pod] = [];
            var count = services.GetValueOrDefault(service) + step;
            if (count > 0)
            {
                services[service] = count;
                continue;
            }

            services.Remove(service);
            if (services.Count == 0)
            {
                _byPod.Remove(pod);
            }
        }
    }
}
