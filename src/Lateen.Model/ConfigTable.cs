using System.Diagnostics.CodeAnalysis;

namespace Lateen.Model;

/// <summary>All Istio resources by kind, each kind in the order in which objects claim things.</summary>
/// <remarks>The list of a kind is the very same one as before as long as none of its resources changed: identity says "unchanged".</remarks>
public sealed class ConfigTable
{
    private readonly Dictionary<Type, IIstioConfig[]> _byKind;

    private ConfigTable(Dictionary<Type, IIstioConfig[]> byKind) => _byKind = byKind;

    internal static ConfigTable Build(EquatableArray<IIstioConfig> configs, ConfigTable? before)
    {
        var lists = new Dictionary<Type, List<IIstioConfig>>();
        foreach (var config in configs)
        {
            var kind = config.GetType();
            (lists.TryGetValue(kind, out var list) ? list : lists[kind] = []).Add(config);
        }

        return new(lists.ToDictionary(entry => entry.Key, entry => Sorted(entry.Key, entry.Value, before)));
    }

    /// <summary>The resources of one kind, the oldest first.</summary>
    public EquatableArray<T> Of<T>()
        where T : class, IIstioConfig =>
        _byKind.TryGetValue(typeof(T), out var items) ? new((T[])(object)items) : default;

    /// <summary>The same resources without those of some kinds.</summary>
    public ConfigTable Without(IReadOnlySet<Type> kinds) =>
        new(_byKind.Where(entry => !kinds.Contains(entry.Key)).ToDictionary());

    /// <summary>The same resources with others of one kind.</summary>
    public ConfigTable With<T>(EquatableArray<T> items)
        where T : class, IIstioConfig
    {
        var copy = new Dictionary<Type, IIstioConfig[]>(_byKind);
        if (items.IsEmpty)
        {
            copy.Remove(typeof(T));
        }
        else
        {
            copy[typeof(T)] = (IIstioConfig[])(object)items.Array!;
        }

        return new(copy);
    }

    /// <summary>Whether both hold the very same lists.</summary>
    public bool IsSame(ConfigTable other)
    {
        if (_byKind.Count != other._byKind.Count)
        {
            return false;
        }

        foreach (var (kind, items) in _byKind)
        {
            if (!other._byKind.TryGetValue(kind, out var theirs) || !ReferenceEquals(items, theirs))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Keeps of each kind what belongs to one of two namespaces.</summary>
    public ConfigTable InNamespaces(string first, string second)
    {
        var kept = new Dictionary<Type, IIstioConfig[]>();
        foreach (var (kind, items) in _byKind)
        {
            var count = items.Count(item => item.Meta.Namespace == first || item.Meta.Namespace == second);
            if (count == items.Length)
            {
                kept[kind] = items;
            }
            else if (count > 0)
            {
                kept[kind] = Typed(kind, items.Where(item => item.Meta.Namespace == first || item.Meta.Namespace == second), count);
            }
        }

        return new(kept);
    }

    /// <summary>These resources, with the lists of another table where they hold the same objects.</summary>
    public ConfigTable ReusingListsOf(ConfigTable before)
    {
        var reused = new Dictionary<Type, IIstioConfig[]>();
        foreach (var (kind, items) in _byKind)
        {
            reused[kind] = before._byKind.TryGetValue(kind, out var known) && SameItems(known, items) ? known : items;
        }

        return new(reused);
    }

    private static IIstioConfig[] Sorted(Type kind, List<IIstioConfig> items, ConfigTable? before)
    {
        items.Sort((a, b) => ConfigOrder.Compare(a.Meta, b.Meta));
        return before is not null && before._byKind.TryGetValue(kind, out var known) && SameItems(known, items) ? known : Typed(kind, items, items.Count);
    }

    private static bool SameItems(IIstioConfig[] a, IReadOnlyList<IIstioConfig> b)
    {
        if (a.Length != b.Count)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (!ReferenceEquals(a[i], b[i]))
            {
                return false;
            }
        }

        return true;
    }

    // The element type is the kind itself, so that Of<T> hands the array out without copying it.
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Kinds are classes: native code makes arrays of references at run time.")]
    private static IIstioConfig[] Typed(Type kind, IEnumerable<IIstioConfig> items, int count)
    {
        var array = (IIstioConfig[])Array.CreateInstance(kind, count);
        var at = 0;
        foreach (var item in items)
        {
            array[at++] = item;
        }

        return array;
    }
}
