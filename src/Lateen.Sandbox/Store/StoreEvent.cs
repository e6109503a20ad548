namespace Lateen.Sandbox.Store;

internal enum StoreEventKind
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One change: the object after it (for a deletion: its last state, at the version of the deletion) and before it.</summary>
internal sealed record StoreEvent(StoreEventKind Kind, StoredObject Object, StoredObject? Previous);

/// <summary>Every object of one resource, in order of namespace and name, as of one version of the store.</summary>
internal sealed record StoreList(IReadOnlyList<StoredObject> Items, long ResourceVersion);
