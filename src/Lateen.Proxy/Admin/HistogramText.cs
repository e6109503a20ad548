using System.Globalization;
using System.Text;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Admin;

/// <summary>Quantiles of a histogram, interpolated inside its buckets.</summary>
internal static class HistogramText
{
    public static IReadOnlyList<double> Quantiles { get; } = [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100];

    /// <summary><c>P0(nan,1) P25(nan,1.05) ...</c>; there are no intervals here, so the first number is always nan.</summary>
    public static string Format(HistogramSample histogram)
    {
        if (Count(histogram) == 0)
        {
            return "No recorded values";
        }
        var text = new StringBuilder();
        foreach (var quantile in Quantiles)
        {
            text.Append(text.Length > 0 ? " " : "").Append(CultureInfo.InvariantCulture, $"P{quantile:0.#}(nan,{ValueAt(histogram, quantile / 100):0.###})");
        }
        return text.ToString();
    }

    public static long Count(HistogramSample histogram) => histogram.Cumulative.Count > 0 ? histogram.Cumulative[^1] : 0;

    /// <summary>The value below which this share of the samples lies; what is beyond the last bound counts as that bound.</summary>
    public static double ValueAt(HistogramSample histogram, double share)
    {
        var rank = share * Count(histogram);
        for (var i = 0; i < histogram.UpperBounds.Count; i++)
        {
            var below = i == 0 ? 0 : histogram.Cumulative[i - 1];
            if (histogram.Cumulative[i] >= rank && histogram.Cumulative[i] > below)
            {
                var lower = i == 0 ? 0 : histogram.UpperBounds[i - 1];
                return lower + ((histogram.UpperBounds[i] - lower) * Math.Max(0, rank - below) / (histogram.Cumulative[i] - below));
            }
        }
        return histogram.UpperBounds.Count > 0 ? histogram.UpperBounds[^1] : 0;
    }
}
