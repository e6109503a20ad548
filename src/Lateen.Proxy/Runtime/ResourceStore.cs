using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Runtime;

/// <summary>The accepted resources of one type with version and time, and those whose last version was refused. Used under the owner's lock.</summary>
internal sealed class ResourceStore
{
    private readonly SortedDictionary<string, AppliedResource> _applied = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, RefusedResource> _refused = new(StringComparer.Ordinal);

    public string Version { get; set; } = "";

    public bool HasBeenApplied { get; set; }

    public IReadOnlyList<AppliedResource> Applied => [.. _applied.Values];

    public IReadOnlyList<RefusedResource> Refused => [.. _refused.Values];

    public IReadOnlyCollection<string> Names => _applied.Keys;

    /// <summary>The same bytes were accepted before.</summary>
    public bool IsUnchanged(string name, Any resource) =>
        _applied.TryGetValue(name, out AppliedResource? last) && last.Resource.Value.Equals(resource.Value);

    public void Accept(AppliedResource resource)
    {
        _applied[resource.Name] = resource;
        _refused.Remove(resource.Name);
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
}
