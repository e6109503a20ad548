using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Filters.IstioStats;

/// <summary>One thread's way from a stream to its series. Bounded; full, it starts over: the series themselves are in the registry.</summary>
internal sealed class SeriesCache
{
    private const int Maximum = 4096;
    private const long RetryMilliseconds = 10_000;

    private readonly Dictionary<StreamKey, SeriesGroup> _groups = [];

    /// <summary>The series of a stream, one for each metric; null where a metric is off, does not match, or has no room.</summary>
    public SeriesGroup Get(in StreamKey key, IstioStatsConfig config, long now)
    {
        if (_groups.TryGetValue(key, out SeriesGroup? group) && group.IsFit(now))
        {
            return group;
        }
        if (_groups.Count >= Maximum)
        {
            _groups.Clear();
        }
        MeshSeries?[] series = new MeshSeries?[config.Metrics.Length];
        bool lacks = false;
        SeriesLabels labels = new(config, key);
        for (int i = 0; i < series.Length; i++)
        {
            if (config.Metrics[i] is { } metric && MeshMetrics.IsOf(i, key.Protocol))
            {
                series[i] = config.Registry.Take(metric.Name, metric.Kind, labels.Of(metric), now);
                lacks |= series[i] is null;
            }
        }
        return _groups[key] = new SeriesGroup(series, lacks ? now + RetryMilliseconds : long.MaxValue);
    }
}

/// <summary>The series that one kind of stream writes.</summary>
internal sealed class SeriesGroup(MeshSeries?[] series, long retryAt)
{
    private readonly MeshSeries? _first = Array.Find(series, s => s is not null);

    /// <summary>The registry had no room for some of them.</summary>
    public bool Overflowed => retryAt != long.MaxValue;

    public MeshSeries? this[int metric] => series[metric];

    // All of a group are written together, so they leave the registry together.
    public bool IsFit(long now) => now < retryAt && _first is not { IsExpired: true };
}
