using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Makes one object of resources with the same name and content, as long as somebody holds it.</summary>
internal sealed class ResourcePool
{
    private const int SweepAfter = 20_000;

    private readonly ConcurrentDictionary<(string Name, string Version), WeakReference<XdsResource>> _known = [];
    private int _added;

    public XdsResource Of(string name, string version, Any body)
    {
        if (_known.TryGetValue((name, version), out var reference) && reference.TryGetTarget(out var known))
        {
            return known;
        }

        var resource = new XdsResource(name, version, body);
        _known[(name, version)] = new WeakReference<XdsResource>(resource);
        if (Interlocked.Increment(ref _added) % SweepAfter == 0)
        {
            foreach (var (key, gone) in _known)
            {
                if (!gone.TryGetTarget(out _))
                {
                    _known.TryRemove(KeyValuePair.Create(key, gone));
                }
            }
        }

        return resource;
    }
}
