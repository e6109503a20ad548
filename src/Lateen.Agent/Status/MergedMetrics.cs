using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Lateen.Agent.Hosting;
using Lateen.Agent.Settings;
using Lateen.Proxy.Admin;
using Lateen.Proxy.Local;
using Microsoft.Extensions.Logging;

namespace Lateen.Agent.Status;

/// <summary>One answer with the agent's, the proxy's and the application's metrics, so that one scrape of a pod has all.</summary>
/// <remarks>A part that fails is logged and counted; the others are still answered.</remarks>
internal sealed class MergedMetrics(StatsPage stats, StatsInclusion inclusion, AgentOptions options, HttpClient client, ILogger logger)
{
    private const string Prometheus = "text/plain; version=0.0.4; charset=utf-8";
    private static readonly string[] Forwarded = ["accept", "user-agent", "x-prometheus-scrape-timeout-seconds"];

    private readonly Uri? _application = Application(options);
    private long _scrapes;
    private long _failures;

    public async ValueTask<LocalResponse> ScrapeAsync(LocalRequest request, CancellationToken aborted)
    {
        Interlocked.Increment(ref _scrapes);
        var (text, contentType) = _application is null ? (string.Empty, null) : await ApplicationAsync(request, aborted);
        var body = new StringBuilder();
        body.Append("# TYPE istio_agent_scrapes_total counter\nistio_agent_scrapes_total ").Append(Interlocked.Read(ref _scrapes)).Append('\n');
        body.Append("# TYPE istio_agent_scrape_failures_total counter\nistio_agent_scrape_failures_total{type=\"application\"} ")
            .Append(Interlocked.Read(ref _failures)).Append('\n');
        body.Append(stats.PrometheusText(inclusion, usedOnly: true)).Append(text);
        return LocalResponse.Text(body.ToString(), contentType: Format(contentType));
    }

    /// <summary>The whole answer's content type: the application's where that is a version of OpenMetrics that is known, else Prometheus' own.</summary>
    internal static string Format(string? contentType)
    {
        const string OpenMetrics = "application/openmetrics-text";
        if (!MediaTypeHeaderValue.TryParse(contentType, out var type) || !OpenMetrics.Equals(type.MediaType, StringComparison.OrdinalIgnoreCase))
        {
            return Prometheus;
        }
        return type.Parameters.FirstOrDefault(p => p.Name == "version")?.Value switch
        {
            null or "" or "0.0.1" => $"{OpenMetrics}; version=0.0.1; charset=utf-8",
            "1.0.0" => $"{OpenMetrics}; version=1.0.0; charset=utf-8",
            _ => Prometheus,
        };
    }

    // ISTIO_PROMETHEUS_ANNOTATIONS: {"scrape":"true","path":"/metrics","port":"80"}, written by the injector.
    private static Uri? Application(AgentOptions options)
    {
        var text = options.Variable("ISTIO_PROMETHEUS_ANNOTATIONS", "");
        if (text.Length == 0 || options.Role != "sidecar")
        {
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(text);
            string Field(string name, string otherwise) =>
                document.RootElement.TryGetProperty(name, out var value) && value.ToString() is { Length: > 0 } found ? found : otherwise;
            return Field("scrape", "") == "false"
                || !Uri.TryCreate($"http://localhost:{Field("port", "80")}{Field("path", "/metrics")}", UriKind.Absolute, out var url) ? null : url;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<(string Text, string? ContentType)> ApplicationAsync(LocalRequest request, CancellationToken aborted)
    {
        try
        {
            using var scrape = new HttpRequestMessage(HttpMethod.Get, _application);
            foreach (var name in Forwarded)
            {
                if (request.Header(name) is { } value)
                {
                    scrape.Headers.TryAddWithoutValidation(name, value);
                }
            }
            using var response = await client.SendAsync(scrape, aborted);
            if ((int)response.StatusCode != 200)
            {
                throw new HttpRequestException($"status {(int)response.StatusCode}");
            }
            return (await response.Content.ReadAsStringAsync(aborted), response.Content.Headers.ContentType?.ToString());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Interlocked.Increment(ref _failures);
            AgentLog.ScrapeFailed(logger, _application!.ToString(), e.Message);
            return (string.Empty, null);
        }
    }
}
