namespace Lateen.Proxy.Stats;

/// <summary>Says of a statistic's full name whether somebody wants it.</summary>
public delegate bool StatNameFilter(ReadOnlySpan<char> name);

/// <summary>Which statistics are read. Names that nobody wants are never made: a proxy knows thousands of clusters, a scrape takes few statistics of them.</summary>
/// <param name="usedOnly">Only those that were written since the start.</param>
/// <param name="wants">By the full name; null: all.</param>
internal sealed class StatFilter(bool usedOnly, StatNameFilter? wants)
{
    private const int LongestOnStack = 512;

    public static readonly StatFilter All = new(usedOnly: false, null);

    /// <param name="isUsed">It was written.</param>
    /// <param name="prefix">The scope's.</param>
    /// <param name="name">The statistic's within the scope.</param>
    public bool Takes(bool isUsed, string prefix, string name)
    {
        if (usedOnly && !isUsed)
        {
            return false;
        }
        if (wants is null)
        {
            return true;
        }
        int length = prefix.Length + name.Length;
        Span<char> whole = length <= LongestOnStack ? stackalloc char[length] : new char[length];
        prefix.CopyTo(whole);
        name.CopyTo(whole[prefix.Length..]);
        return wants(whole);
    }
}
