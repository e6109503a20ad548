using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Stats;

/// <summary>The statistics of one cluster, listener or connection manager: a block per thread, written by that thread alone, summed on reading.</summary>
/// <remarks>A thread's block exists from the first use on that thread, so a cluster that is known and never called costs a few words.</remarks>
internal sealed class StatScope(string prefix, StatNames names, int workers)
{
    private readonly StatBlock?[] _blocks = new StatBlock?[workers];

    // Counters whose names are met at run time; few, and counted rarely. Null until there is one.
    private ConcurrentDictionary<string, StrongBox<long>>? _named;

    private static readonly ConcurrentDictionary<string, StrongBox<long>> NoneNamed = new();

    /// <summary>Name up to and including the last dot.</summary>
    public string Prefix { get; } = prefix;

    /// <summary>Name of the family before a status code, e.g. <c>upstream_rq_</c>; null if codes are not counted.</summary>
    public string? CodePrefix { get; init; }

    /// <summary>A gauge that is looked up when it is read: its value, or -1 where the threads' blocks count.</summary>
    public Func<int, long>? Computed { get; init; }

    public StatBlock For(int worker) => _blocks[worker] ??= new StatBlock(names.Names.Length, names.Histograms.Length);

    /// <summary>Counts by a name that is met at run time, such as that of a cipher. The caller bounds how many there can be.</summary>
    public void CountNamed(string name)
    {
        if (_named is null)
        {
            Interlocked.CompareExchange(ref _named, new ConcurrentDictionary<string, StrongBox<long>>(StringComparer.Ordinal), null);
        }
        Interlocked.Increment(ref _named.GetOrAdd(name, static _ => new StrongBox<long>()).Value);
    }

    public long Sum(int index)
    {
        long sum = Computed?.Invoke(index) ?? -1;
        if (sum >= 0)
        {
            return sum;
        }
        sum = 0;
        foreach (StatBlock? block in _blocks)
        {
            sum += block?.Values[index] ?? 0;
        }
        return sum;
    }

    /// <summary>What the filter takes; of the rest no name is made.</summary>
    public IEnumerable<StatSample> Read(StatFilter filter)
    {
        for (int i = 0; i < names.Names.Length; i++)
        {
            long value = Sum(i);
            if (!filter.Takes(value != 0, Prefix, names.Names[i]))
            {
                continue;
            }
            yield return new StatSample(Prefix + names.Names[i], names.IsGauge[i] ? StatKind.Gauge : StatKind.Counter, value, null, value != 0);
        }
        if (CodePrefix is not null && Array.Exists(_blocks, static b => b is { HasCodes: true }))
        {
            for (int code = 0; code < StatBlock.CodeCount; code++)
            {
                long value = SumOfCode(code);
                if (value != 0 && filter.Takes(true, Prefix, $"{CodePrefix}{code + 100}"))
                {
                    yield return new StatSample($"{Prefix}{CodePrefix}{code + 100}", StatKind.Counter, value, null, true);
                }
            }
        }
        foreach ((string name, StrongBox<long> count) in _named ?? NoneNamed)
        {
            if (filter.Takes(true, Prefix, name))
            {
                yield return new StatSample(Prefix + name, StatKind.Counter, count.Value, null, true);
            }
        }
        for (int i = 0; i < names.Histograms.Length; i++)
        {
            if (!filter.Takes(Array.Exists(_blocks, b => b?.Histograms[i] is not null), Prefix, names.Histograms[i]))
            {
                continue;
            }
            HistogramSample sample = Histogram.Merge(_blocks, i);
            yield return new StatSample(Prefix + names.Histograms[i], StatKind.Histogram, sample.Cumulative[^1], sample, sample.Cumulative[^1] != 0);
        }
    }

    private long SumOfCode(int code)
    {
        long sum = 0;
        foreach (StatBlock? block in _blocks)
        {
            sum += block?.Code(code) ?? 0;
        }
        return sum;
    }

    /// <summary>Zeroes counters. A lost update by a thread that writes at the same moment is accepted, as in every statistics reset.</summary>
    public void Reset()
    {
        _named?.Clear();
        foreach (StatBlock? block in _blocks)
        {
            for (int i = 0; block is not null && i < names.Names.Length; i++)
            {
                if (!names.IsGauge[i])
                {
                    block.Values[i] = 0;
                }
            }
        }
    }
}

/// <summary>One thread's part of a <see cref="StatScope"/>.</summary>
internal sealed class StatBlock(int count, int histograms)
{
    public const int CodeCount = 500;

    private int[]? _codes;

    public long[] Values { get; } = new long[count];

    /// <summary>Some status code was counted.</summary>
    public bool HasCodes => _codes is not null;

    public Histogram?[] Histograms { get; } = new Histogram?[histograms];

    public void Add(ClusterStat stat, long n = 1) => Values[(int)stat] += n;

    public void Add(HttpStat stat, long n = 1) => Values[(int)stat] += n;

    public void Add(ListenerStat stat, long n = 1) => Values[(int)stat] += n;

    public void Add(TransportSockets.TlsStat stat, long n = 1) => Values[(int)stat] += n;

    public void Add(TcpStat stat, long n = 1) => Values[(int)stat] += n;

    public void Add(RbacStat stat, long n = 1) => Values[(int)stat] += n;

    public void Record(int histogram, long value) => (Histograms[histogram] ??= new Histogram()).Record(value);

    public void AddCode(int status)
    {
        if ((uint)(status - 100) < CodeCount)
        {
            (_codes ??= new int[CodeCount])[status - 100]++;
        }
    }

    internal long Code(int index) => _codes?[index] ?? 0;
}
