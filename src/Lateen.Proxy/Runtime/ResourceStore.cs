using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Packing;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Runtime;

/// <summary>The accepted resources of one type with version and time, and those whose last version was refused. Used under the owner's lock.</summary>
/// <param name="typeUrl">The type.</param>
/// <param name="isSecret">Nothing of a resource may stay behind when it is gone.</param>
internal sealed class ResourceStore(string typeUrl, bool isSecret)
{
    private readonly Dictionary<string, Accepted> _applied = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RefusedResource> _refused = new(StringComparer.Ordinal);

    public string Version { get; set; } = "";

    public bool HasBeenApplied { get; set; }

    /// <summary>By name. The list is of this moment; a resource is unpacked when it is come to, outside of the owner's lock as well.</summary>
    public IEnumerable<AppliedResource> Applied
    {
        get
        {
            List<KeyValuePair<string, Accepted>> accepted = [.. _applied];
            accepted.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
            return accepted.Select(a => new AppliedResource(
                a.Key, a.Value.Version, a.Value.At, new Any { TypeUrl = typeUrl, Value = UnsafeByteOperations.UnsafeWrap(a.Value.Message.ToArray()) }));
        }
    }

    public IReadOnlyList<RefusedResource> Refused => [.. _refused.Values];

    public IReadOnlyCollection<string> Names => _applied.Keys;

    /// <summary>For the messages of this type.</summary>
    public BytePacker Packer { get; } = new(remembers: !isSecret);

    /// <summary>The message of a resource; null while none was accepted.</summary>
    public PackedBytes? Find(string name) => _applied.TryGetValue(name, out Accepted accepted) ? accepted.Message : null;

    public void Accept(string name, string version, DateTimeOffset at, PackedBytes message)
    {
        _applied[name] = new Accepted(version, at, message);
        _refused.Remove(name);
    }

    public void Refuse(string name, RefusedResource refused) => _refused[name] = refused;

    public bool Remove(string name)
    {
        _refused.Remove(name);
        return _applied.Remove(name);
    }

    /// <summary>Forgets refusals of resources that are no longer sent.</summary>
    public void KeepRefusedOf(HashSet<string> names)
    {
        foreach (string gone in _refused.Keys.Where(n => !names.Contains(n)).ToList())
        {
            _refused.Remove(gone);
        }
    }

    private readonly record struct Accepted(string Version, DateTimeOffset At, PackedBytes Message);
}
