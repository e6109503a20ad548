using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Lateen.ControlPlane.Debug;

/// <summary>How large or how long something was, in Prometheus' cumulative buckets. Safe from any thread.</summary>
/// <param name="bounds">The upper bounds of the buckets, ascending; that of all is added.</param>
internal sealed class Histogram(string name, string help, params double[] bounds)
{
    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);

    /// <summary>Says that it has no labels, so that it is told also while nothing was observed.</summary>
    public bool IsPlain { get; init; } = true;

    /// <param name="labels">`type="cds"`, of a closed set; empty for a plain one.</param>
    public void Observe(double value, string labels = "") => _series.GetOrAdd(labels, static (_, count) => new Series(count), bounds.Length).Observe(value, bounds);

    /// <summary>As seconds.</summary>
    public void Observe(TimeSpan took, string labels = "") => Observe(took.TotalSeconds, labels);

    public void Render(StringBuilder page)
    {
        MetricText.Header(page, name, "histogram", help);
        if (IsPlain && _series.IsEmpty)
        {
            new Series(bounds.Length).Render(page, name, "", bounds);
        }

        foreach (var (labels, series) in _series.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            series.Render(page, name, labels, bounds);
        }
    }

    private sealed class Series(int count)
    {
        private readonly long[] _buckets = new long[count + 1];
        private readonly Lock _lock = new();
        private double _sum;

        public void Observe(double value, double[] bounds)
        {
            var bucket = Array.FindIndex(bounds, bound => value <= bound);
            lock (_lock)
            {
                _buckets[bucket < 0 ? bounds.Length : bucket]++;
                _sum += value;
            }
        }

        public void Render(StringBuilder page, string name, string labels, double[] bounds)
        {
            lock (_lock)
            {
                var prefix = labels.Length > 0 ? labels + "," : "";
                long counted = 0;
                for (var i = 0; i < _buckets.Length; i++)
                {
                    counted += _buckets[i];
                    var bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                    MetricText.Sample(page, name + "_bucket", $"{prefix}le=\"{bound}\"", counted);
                }

                MetricText.Sample(page, name + "_sum", labels, _sum);
                MetricText.Sample(page, name + "_count", labels, counted);
            }
        }
    }
}
