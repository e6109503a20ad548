using System.Collections.Concurrent;
using Lateen.Translation;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Makes one object of resources with the same name and content, as long as somebody holds it.</summary>
internal sealed class ResourcePool
{
    private const int SweepAfter = 20_000;

    private readonly ConcurrentDictionary<(string Name, string Version), WeakReference<XdsResource>> _known = [];
    private int _added;

    public XdsResource Of(NamedResource made)
    {
        var key = (made.Name, made.Version);
        if (_known.TryGetValue(key, out var reference) && reference.TryGetTarget(out var known))
        {
            return known;
        }

        var resource = new XdsResource(made.Name, made.Version, made.TypeUrl, made.Parts);
        _known[key] = new WeakReference<XdsResource>(resource);
        if (Interlocked.Increment(ref _added) % SweepAfter == 0)
        {
            foreach (var (old, gone) in _known)
            {
                if (!gone.TryGetTarget(out _))
                {
                    _known.TryRemove(KeyValuePair.Create(old, gone));
                }
            }
        }

        return resource;
    }
}
