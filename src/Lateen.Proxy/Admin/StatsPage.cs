using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Lateen.Proxy.Local;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Admin;

/// <summary><c>/stats</c> in text, JSON and Prometheus' format, with <c>usedonly</c>, <c>filter</c> (part of the name) and <c>type</c>.</summary>
public sealed class StatsPage(ProxyServer proxy)
{
    /// <summary>What a scrape gets, in Prometheus' format: Istio's metrics, and of the proxy's statistics those that are included.</summary>
    public string PrometheusText(StatsInclusion inclusion, bool usedOnly) => Admin.PrometheusText.Write(
        proxy.Stats(usedOnly, inclusion.Includes), Tags());

    internal LocalResponse Answer(AdminQuery query)
    {
        if (query.Get("format") == "prometheus")
        {
            return Prometheus(query);
        }
        if (query.Get("format") is not (null or "text" or "json"))
        {
            return LocalResponse.Text("usage: /stats?format=(json|prometheus|text)\n\n", 400);
        }
        if (Filter(query, out var problem) is not { } matches)
        {
            return problem!;
        }
        var samples = proxy.Stats().Where(matches).OrderBy(s => s.Kind == StatKind.Histogram).ThenBy(s => s.Name, StringComparer.Ordinal);
        return query.Get("format") == "json"
            ? LocalResponse.Text(Json(samples), contentType: "application/json")
            : LocalResponse.Text(Text(samples));
    }

    internal LocalResponse Prometheus(AdminQuery query) =>
        Filter(query, out var problem) is { } matches
            ? LocalResponse.Text(Admin.PrometheusText.Write(proxy.Stats().Where(matches), Tags()), contentType: "text/plain; version=0.0.4; charset=utf-8")
            : problem!;

    private StatTags Tags() => new(proxy.ClusterStatNames());

    private static Func<StatSample, bool>? Filter(AdminQuery query, out LocalResponse? problem)
    {
        problem = null;
        Regex? regex = null;
        if (query.Get("filter") is { Length: > 0 } pattern)
        {
            try
            {
                regex = new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                problem = LocalResponse.Text("Invalid re2 regex", 400);
                return null;
            }
        }
        var usedOnly = query.Has("usedonly");
        if (query.Get("type") is { Length: > 0 } and not ("All" or "Counters" or "Gauges" or "Histograms" or "TextReadouts"))
        {
            problem = LocalResponse.Text("invalid &type= param", 400);
            return null;
        }
        Func<StatKind, bool> ofType = query.Get("type") switch
        {
            "Counters" => static k => k == StatKind.Counter,
            "Gauges" => static k => k == StatKind.Gauge,
            "Histograms" => static k => k == StatKind.Histogram,
            "TextReadouts" => static _ => false,
            _ => static _ => true,
        };
        return s => (!usedOnly || s.Used) && ofType(s.Kind) && (regex?.IsMatch(s.Name) ?? true);
    }

    private static string Text(IEnumerable<StatSample> samples)
    {
        var text = new StringBuilder();
        foreach (var sample in samples)
        {
            text.Append(sample.Name).Append(": ");
            if (sample.Histogram is { } histogram)
            {
                text.Append(HistogramText.Format(histogram)).Append('\n');
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{sample.Value}\n");
            }
        }
        return text.ToString();
    }

    private static string Json(IEnumerable<StatSample> samples)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("stats");
            var histograms = new List<StatSample>();
            foreach (var sample in samples)
            {
                if (sample.Histogram is not null)
                {
                    histograms.Add(sample);
                    continue;
                }
                json.WriteStartObject();
                json.WriteString("name", sample.Name);
                json.WriteNumber("value", sample.Value);
                json.WriteEndObject();
            }
            if (histograms.Count > 0)
            {
                Histograms(json, histograms);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Histograms(Utf8JsonWriter json, List<StatSample> histograms)
    {
        json.WriteStartObject();
        json.WriteStartObject("histograms");
        json.WriteStartArray("supported_quantiles");
        foreach (var quantile in HistogramText.Quantiles)
        {
            json.WriteNumberValue(quantile);
        }
        json.WriteEndArray();
        json.WriteStartArray("computed_quantiles");
        foreach (var sample in histograms)
        {
            json.WriteStartObject();
            json.WriteString("name", sample.Name);
            json.WriteStartArray("values");
            foreach (var quantile in HistogramText.Quantiles)
            {
                json.WriteStartObject();
                json.WriteNull("interval");
                if (HistogramText.Count(sample.Histogram!) == 0)
                {
                    json.WriteNull("cumulative");
                }
                else
                {
                    json.WriteNumber("cumulative", HistogramText.ValueAt(sample.Histogram!, quantile / 100));
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
