using Lateen.Proxy.Views;

namespace Lateen.Proxy.Stats;

/// <summary>One thread's histogram over Envoy's default bucket bounds.</summary>
internal sealed class Histogram
{
    /// <summary>Envoy's default Prometheus bounds (admin API, /stats/prometheus).</summary>
    public static readonly double[] Bounds =
    [
        0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000,
    ];

    private readonly long[] _buckets = new long[Bounds.Length + 1];
    private long _sum;

    public void Record(long value)
    {
        int i = 0;
        while (i < Bounds.Length && value > Bounds[i])
        {
            i++;
        }
        _buckets[i]++;
        _sum += value;
    }

    public static HistogramSample Merge(StatBlock?[] blocks, int index) => Merge(blocks.Select(b => b?.Histograms[index]));

    public static HistogramSample Merge(IEnumerable<Histogram?> parts)
    {
        long[] cumulative = new long[Bounds.Length + 1];
        double sum = 0;
        foreach (Histogram? histogram in parts)
        {
            if (histogram is null)
            {
                continue;
            }
            sum += histogram._sum;
            long running = 0;
            for (int i = 0; i < cumulative.Length; i++)
            {
                running += histogram._buckets[i];
                cumulative[i] += running;
            }
        }
        return new HistogramSample(Bounds, cumulative, sum);
    }
}
