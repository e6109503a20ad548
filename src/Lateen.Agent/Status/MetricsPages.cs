using Lateen.Proxy.Admin;
using Lateen.Proxy.Local;

namespace Lateen.Agent.Status;

/// <summary>The metrics listener on 15090: the proxy's statistics in Prometheus' format.</summary>
internal sealed class MetricsPages(StatsPage stats, StatsInclusion inclusion) : ILocalHandler
{
    public ValueTask<LocalResponse> HandleAsync(LocalRequest request, CancellationToken aborted) => new(
        request.Path.StartsWith("/stats/prometheus", StringComparison.Ordinal)
            ? LocalResponse.Text(stats.PrometheusText(inclusion, request.Query.Contains("usedonly", StringComparison.Ordinal)), contentType: "text/plain; version=0.0.4; charset=utf-8")
            : LocalResponse.Empty(404));
}
