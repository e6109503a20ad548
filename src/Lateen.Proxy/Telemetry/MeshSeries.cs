using Lateen.Proxy.Stats;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Telemetry;

/// <summary>One metric with one set of labels; each thread writes its own part.</summary>
internal sealed class MeshSeries
{
    // A cache line per thread.
    private const int Stride = 8;

    private readonly long[] _values;
    private readonly Histogram?[] _histograms;

    public MeshSeries(string metric, StatKind kind, IReadOnlyList<KeyValuePair<string, string>> labels, int workers)
    {
        (Metric, Kind, Labels) = (metric, kind, labels);
        _values = kind == StatKind.Histogram ? [] : new long[workers * Stride];
        _histograms = kind == StatKind.Histogram ? new Histogram?[workers] : [];
    }

    public string Metric { get; }

    public StatKind Kind { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; }

    /// <summary>Milliseconds on the loops' clock of the last write.</summary>
    public long LastUsed { get; private set; }

    /// <summary>Left the registry: whoever holds it must ask for it again.</summary>
    public volatile bool IsExpired;

    public void Add(int worker, long value, long now)
    {
        LastUsed = now;
        if (Kind == StatKind.Histogram)
        {
            (_histograms[worker] ??= new Histogram()).Record(value);
        }
        else
        {
            _values[worker * Stride] += value;
        }
    }

    public void Touch(long now) => LastUsed = now;

    public StatSample Read()
    {
        if (Kind == StatKind.Histogram)
        {
            HistogramSample sample = Histogram.Merge(_histograms);
            return new StatSample("", Kind, sample.Cumulative[^1], sample, true) { Metric = Metric, Labels = Labels };
        }
        long sum = 0;
        for (int i = 0; i < _values.Length; i += Stride)
        {
            sum += _values[i];
        }
        return new StatSample("", Kind, sum, null, true) { Metric = Metric, Labels = Labels };
    }

    public void Reset()
    {
        Array.Clear(_values);
        Array.Clear(_histograms);
    }
}
