using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Lateen.ControlPlane.Debug;

/// <summary>How long something took, by one label, in Prometheus' cumulative buckets (seconds; those of Istio's pilot_xds_push_time).</summary>
internal sealed class TimeHistogram(string name, string help, string label)
{
    private static readonly double[] Bounds = [0.01, 0.1, 1, 3, 5, 10, 20, 30];

    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);

    public void Observe(string value, TimeSpan took) => _series.GetOrAdd(value, static _ => new Series()).Observe(took);

    public void Render(StringBuilder page)
    {
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} histogram\n");
        foreach (var (value, series) in _series.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            series.Render(page, name, $"{label}=\"{value}\"");
        }
    }

    private sealed class Series
    {
        private readonly long[] _buckets = new long[Bounds.Length + 1];
        private long _microseconds;

        public void Observe(TimeSpan took)
        {
            var bucket = Array.FindIndex(Bounds, bound => took.TotalSeconds <= bound);
            Interlocked.Increment(ref _buckets[bucket < 0 ? Bounds.Length : bucket]);
            Interlocked.Add(ref _microseconds, (long)took.TotalMicroseconds);
        }

        public void Render(StringBuilder page, string name, string labels)
        {
            long sum = 0;
            for (var i = 0; i < _buckets.Length; i++)
            {
                sum += Interlocked.Read(ref _buckets[i]);
                var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                page.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{bound}\"}} {sum}\n");
            }

            page.Append(CultureInfo.InvariantCulture, $"{name}_sum{{{labels}}} {Interlocked.Read(ref _microseconds) / 1e6}\n{name}_count{{{labels}}} {sum}\n");
        }
    }
}
