using System.Text;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Telemetry;

/// <summary>Every series of Istio's metrics in the process: survives configuration, bounded in number.</summary>
/// <remarks>
/// Labels hold what peers choose (hosts, codes, workloads), so without a bound anybody could fill the memory. At <paramref name="maximum"/> series,
/// those that nobody wrote for <see cref="IdleBeforeEviction"/> leave; if there are none, new ones are not made and each event that
/// would have written one is counted in <c>lateen_metric_series_overflow_total</c>.
/// </remarks>
internal sealed class MeshSeriesRegistry(int maximum, int workers)
{
    /// <summary>Milliseconds without a write after which a series may make room for another.</summary>
    public const long IdleBeforeEviction = 5 * 60 * 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, MeshSeries> _series = [];
    private long _overflow;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _series.Count;
            }
        }
    }

    public long Overflow => Interlocked.Read(ref _overflow);

    public void CountOverflow() => Interlocked.Increment(ref _overflow);

    /// <summary>The series with these labels, made if there is room; null if not.</summary>
    public MeshSeries? Take(string metric, StatKind kind, IReadOnlyList<KeyValuePair<string, string>> labels, long now)
    {
        string name = NameOf(metric, labels);
        lock (_lock)
        {
            if (_series.TryGetValue(name, out MeshSeries? known))
            {
                known.Touch(now);
                return known;
            }
            if (_series.Count >= maximum && Evict(now - IdleBeforeEviction) == 0)
            {
                return null;
            }
            MeshSeries made = new(metric, kind, labels, workers);
            made.Touch(now);
            _series.Add(name, made);
            return made;
        }
    }

    /// <summary>Drops what nobody wrote since then (istio.stats: rotation_interval).</summary>
    public int DropIdleSince(long time)
    {
        lock (_lock)
        {
            return Evict(time);
        }
    }

    public IReadOnlyList<StatSample> Read()
    {
        lock (_lock)
        {
            return [.. _series.Select(s => s.Value.Read() with { Name = s.Key })];
        }
    }

    public void Reset()
    {
        lock (_lock)
        {
            foreach (MeshSeries series in _series.Values)
            {
                series.Reset();
            }
        }
    }

    // As Envoy's /stats shows it: the metric, then every label with its value, joined by dots.
    private static string NameOf(string metric, IReadOnlyList<KeyValuePair<string, string>> labels)
    {
        StringBuilder name = new("istiocustom.");
        name.Append(metric);
        foreach ((string label, string value) in labels)
        {
            name.Append('.').Append(label).Append('.').Append(value);
        }
        return name.ToString();
    }

    private int Evict(long idleSince)
    {
        List<string> idle = [.. _series.Where(s => s.Value.LastUsed < idleSince).Select(s => s.Key)];
        foreach (string name in idle)
        {
            _series.Remove(name, out MeshSeries? series);
            series!.IsExpired = true;
        }
        return idle.Count;
    }
}
