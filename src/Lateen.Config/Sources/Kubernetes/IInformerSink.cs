namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Takes what an <see cref="Informer{T}"/> sees, one call after the other and in order.</summary>
public interface IInformerSink<in T>
{
    /// <summary>The objects are exactly these: the first list, or a list after the watch could not be resumed.</summary>
    void Reset(IReadOnlyList<T> items);

    /// <summary>An object is new or changed.</summary>
    void Upsert(T item);

    /// <summary>An object is gone.</summary>
    void Delete(ObjectKey key);
}
