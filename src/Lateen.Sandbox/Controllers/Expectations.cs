using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Writes that the cache has not shown yet, so that they are not made twice.</summary>
/// <remarks>An expectation that is not met within 30 s is given up: the write may have been undone before it was seen. Thread-safe.</remarks>
internal sealed class Expectations(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<(ObjectKey Owner, string Uid), long> _created = [];
    private readonly Dictionary<(ObjectKey Owner, string Uid), long> _deleted = [];

    /// <summary>An object was created for an owner.</summary>
    public void Created(ObjectKey owner, string uid) => Note(_created, owner, uid);

    /// <summary>An object of an owner was deleted.</summary>
    public void Deleted(ObjectKey owner, string uid) => Note(_deleted, owner, uid);

    /// <summary>The cache shows an object, or shows that it goes or is gone.</summary>
    public void Seen(ObjectKey owner, string uid, bool going)
    {
        lock (_lock)
        {
            _created.Remove((owner, uid));
            if (going)
            {
                _deleted.Remove((owner, uid));
            }
        }
    }

    /// <summary>How many created objects of an owner are still to be seen.</summary>
    /// <param name="cached">The uids that the cache shows now.</param>
    public int Unseen(ObjectKey owner, IReadOnlySet<string> cached)
    {
        lock (_lock)
        {
            Expire(_created);
            return _created.Keys.Count(key => key.Owner == owner && !cached.Contains(key.Uid));
        }
    }

    /// <summary>Whether an object was deleted though the cache does not show it yet.</summary>
    public bool IsDeleted(ObjectKey owner, JsonObject value)
    {
        lock (_lock)
        {
            Expire(_deleted);
            return _deleted.ContainsKey((owner, value.Uid()));
        }
    }

    private void Note(Dictionary<(ObjectKey Owner, string Uid), long> set, ObjectKey owner, string uid)
    {
        lock (_lock)
        {
            set[(owner, uid)] = time.GetTimestamp();
        }
    }

    private void Expire(Dictionary<(ObjectKey Owner, string Uid), long> set)
    {
        foreach ((ObjectKey Owner, string Uid) key in set.Where(entry => time.GetElapsedTime(entry.Value) > Patience).Select(entry => entry.Key).ToList())
        {
            set.Remove(key);
        }
    }
}
