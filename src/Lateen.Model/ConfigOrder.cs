namespace Lateen.Model;

/// <summary>The order in which objects claim things: the oldest first, then by name and namespace.</summary>
public static class ConfigOrder
{
    public static int Compare(ConfigMeta a, ConfigMeta b)
    {
        var byTime = a.CreationTimestamp.CompareTo(b.CreationTimestamp);
        return byTime != 0 ? byTime : CompareDotted(a.Name, a.Namespace, b.Name, b.Namespace);
    }

    /// <summary>The resources of one kind in that order.</summary>
    public static EquatableArray<T> Of<T>(EquatableArray<IIstioConfig> configs)
        where T : IIstioConfig
    {
        var items = configs.OfType<T>().ToList();
        items.Sort((a, b) => Compare(a.Meta, b.Meta));
        return items.ToEquatableArray();
    }

    /// <summary>Compares `name.namespace` with `name.namespace` without making the texts.</summary>
    internal static int CompareDotted(string nameA, string namespaceA, string nameB, string namespaceB)
    {
        // Where the names differ before either ends, the rest does not matter; that is nearly always.
        var common = nameA.AsSpan().CommonPrefixLength(nameB);
        return common < nameA.Length && common < nameB.Length
            ? nameA[common].CompareTo(nameB[common])
            : string.CompareOrdinal($"{nameA}.{namespaceA}", $"{nameB}.{namespaceB}");
    }
}
