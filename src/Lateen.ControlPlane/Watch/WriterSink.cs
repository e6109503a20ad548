using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Watch;

/// <summary>Passes what one informer sees on to the writer; a new list also deletes what is no longer in it.</summary>
internal sealed class WriterSink<T>(
    MeshWriter writer, Func<T, ObjectKey> keyOf, Action<MeshState, T> upsert, Action<MeshState, ObjectKey> delete, Action<WatchEventName> seen)
    : IInformerSink<T>
{
    private readonly HashSet<ObjectKey> _known = [];

    public void Reset(IReadOnlyList<T> items)
    {
        var keys = items.Select(keyOf).ToHashSet();
        var gone = _known.Where(key => !keys.Contains(key)).ToList();
        gone.ForEach(_ => seen(WatchEventName.Delete));
        foreach (var key in keys)
        {
            seen(_known.Contains(key) ? WatchEventName.Update : WatchEventName.Add);
        }

        _known.Clear();
        _known.UnionWith(keys);
        writer.Post(state =>
        {
            foreach (var key in gone)
            {
                delete(state, key);
            }

            foreach (var item in items)
            {
                upsert(state, item);
            }
        });
    }

    public void Upsert(T item)
    {
        seen(_known.Add(keyOf(item)) ? WatchEventName.Add : WatchEventName.Update);
        writer.Post(state => upsert(state, item));
    }

    public void Delete(ObjectKey key)
    {
        _known.Remove(key);
        seen(WatchEventName.Delete);
        writer.Post(state => delete(state, key));
    }
}
