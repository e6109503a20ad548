namespace Lateen.Proxy.Views;

/// <summary>One statistic at one moment, summed over the threads.</summary>
/// <param name="Name">Envoy's full name, e.g. <c>cluster.outbound|80||a.svc.upstream_rq_total</c>.</param>
/// <param name="Kind">Counter, gauge or histogram.</param>
/// <param name="Value">The value; for a histogram the number of samples.</param>
/// <param name="Histogram">Buckets of a histogram, null otherwise.</param>
/// <param name="Used">Written since start (usedonly).</param>
public readonly record struct StatSample(string Name, StatKind Kind, long Value, HistogramSample? Histogram, bool Used)
{
    /// <summary>Prometheus' name, where the statistic carries its labels beside it; null: both are in <see cref="Name"/>.</summary>
    public string? Metric { get; init; }

    /// <summary>The labels that go with <see cref="Metric"/>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Labels { get; init; }
}

/// <summary>The three kinds of Envoy's statistics.</summary>
public enum StatKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>A histogram's content.</summary>
/// <param name="UpperBounds">Bucket bounds (le), ascending; the last bucket, +Inf, is not listed.</param>
/// <param name="Cumulative">Number of samples up to each bound; one entry more than bounds, the last being all.</param>
/// <param name="Sum">Sum of the samples.</param>
public sealed record HistogramSample(IReadOnlyList<double> UpperBounds, IReadOnlyList<long> Cumulative, double Sum);
