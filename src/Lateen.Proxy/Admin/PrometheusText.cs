using System.Globalization;
using System.Text;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Admin;

/// <summary>Statistics in Prometheus' text format: one TYPE line per metric, then its series.</summary>
internal static class PrometheusText
{
    public static string Write(IEnumerable<StatSample> samples, StatTags tags)
    {
        var text = new StringBuilder();
        var metrics = samples
            .Select(s => (Sample: s, Tagged: s.Metric is { } metric ? (Name: metric, Labels: s.Labels!) : tags.Split(s.Name)))
            .GroupBy(s => (s.Tagged.Name, s.Sample.Kind))
            .OrderBy(g => g.Key.Kind)
            .ThenBy(g => g.Key.Name, StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            text.Append("# TYPE ").Append(metric.Key.Name).Append(' ').Append(metric.Key.Kind switch
            {
                StatKind.Counter => "counter",
                StatKind.Gauge => "gauge",
                _ => "histogram",
            }).Append('\n');
            foreach (var (sample, tagged) in metric)
            {
                if (sample.Histogram is { } histogram)
                {
                    Histogram(text, tagged.Name, tagged.Labels, histogram);
                }
                else
                {
                    Series(text, tagged.Name, tagged.Labels, null).Append(CultureInfo.InvariantCulture, $"{sample.Value}\n");
                }
            }
        }
        return text.ToString();
    }

    private static void Histogram(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, HistogramSample histogram)
    {
        for (var i = 0; i < histogram.Cumulative.Count; i++)
        {
            var bound = i < histogram.UpperBounds.Count ? histogram.UpperBounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Series(text, name + "_bucket", labels, bound).Append(CultureInfo.InvariantCulture, $"{histogram.Cumulative[i]}\n");
        }
        Series(text, name + "_sum", labels, null).Append(CultureInfo.InvariantCulture, $"{histogram.Sum}\n");
        Series(text, name + "_count", labels, null).Append(CultureInfo.InvariantCulture, $"{HistogramText.Count(histogram)}\n");
    }

    private static StringBuilder Series(StringBuilder text, string name, IReadOnlyList<KeyValuePair<string, string>> labels, string? bound)
    {
        text.Append(name).Append('{');
        var separator = "";
        foreach (var (label, value) in labels)
        {
            text.Append(separator).Append(label).Append("=\"").Append(Escape(value)).Append('"');
            separator = ",";
        }
        if (bound is not null)
        {
            text.Append(separator).Append("le=\"").Append(bound).Append('"');
        }
        return text.Append("} ");
    }

    private static string Escape(string value) =>
        value.AsSpan().IndexOfAny('\\', '"', '\n') < 0
            ? value
            : value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
