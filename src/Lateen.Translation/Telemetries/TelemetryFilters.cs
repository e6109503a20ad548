using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Telemetry;
using Stats;
using NetworkFilter = Envoy.Config.Listener.V3.Filter;

namespace Lateen.Translation.Telemetries;

/// <summary>The filters that make metrics: istio.stats for Prometheus, istio.stackdriver.</summary>
internal static class TelemetryFilters
{
    private const string StatsName = "istio.stats";
    private const string StackdriverName = "istio.stackdriver";

    /// <summary>The API's metrics as the stats filter names them.</summary>
    private static readonly Dictionary<string, string> StatsNames = new()
    {
        ["REQUEST_COUNT"] = "requests_total",
        ["REQUEST_DURATION"] = "request_duration_milliseconds",
        ["REQUEST_SIZE"] = "request_bytes",
        ["RESPONSE_SIZE"] = "response_bytes",
        ["TCP_OPENED_CONNECTIONS"] = "tcp_connections_opened_total",
        ["TCP_CLOSED_CONNECTIONS"] = "tcp_connections_closed_total",
        ["TCP_SENT_BYTES"] = "tcp_sent_bytes_total",
        ["TCP_RECEIVED_BYTES"] = "tcp_received_bytes_total",
        ["GRPC_REQUEST_MESSAGES"] = "request_messages_total",
        ["GRPC_RESPONSE_MESSAGES"] = "response_messages_total",
    };

    public static IEnumerable<HttpFilter> Http(ProxyContext context, ListenerClass kind) =>
        Configurations(context, kind).Select(f => new HttpFilter { Name = f.Name, TypedConfig = f.Config });

    public static IEnumerable<NetworkFilter> Network(ProxyContext context, ListenerClass kind) =>
        Configurations(context, kind).Select(f => new NetworkFilter { Name = f.Name, TypedConfig = f.Config });

    public static WorkloadMode SideOf(ListenerClass kind) => kind == ListenerClass.SidecarInbound ? WorkloadMode.Server : WorkloadMode.Client;

    /// <summary>The filters by name, in the order of their providers.</summary>
    public static IEnumerable<(string Name, Any Config)> Configurations(ProxyContext context, ListenerClass kind)
    {
        var mesh = context.Mesh;
        var settings = context.Telemetry.Levels.SelectMany(level => level.Metrics).ToEquatableArray();
        var metrics = MetricsSelection.Of(settings, mesh);
        var logs = AccessLogSelection.Of(context.Telemetry, mesh, SideOf(kind)).Filters;
        foreach (var name in metrics.Keys.Union(logs.Keys).Order(StringComparer.Ordinal))
        {
            var found = metrics.TryGetValue(name, out var ofProvider) && !ofProvider.Of(SideOf(kind)).IsDisabled;
            switch (mesh.ExtensionProviders.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                case PrometheusProvider when found:
                    yield return (StatsName, Stats(ofProvider!, kind).Pack());
                    break;
                case StackdriverProvider when found || logs.ContainsKey(name):
                    yield return (StackdriverName, StackdriverConfig.Build(
                        found ? ofProvider!.Of(SideOf(kind)) : null, logs.TryGetValue(name, out var filter), filter, kind));
                    break;
            }
        }
    }

    public static PluginConfig Stats(ProviderMetrics metrics, ListenerClass kind)
    {
        var config = new PluginConfig { DisableHostHeaderFallback = kind != ListenerClass.SidecarOutbound };
        if (metrics.ReportingInterval is { } interval)
        {
            config.TcpReportingDuration = interval.ToDuration();
        }

        foreach (var metric in metrics.Of(SideOf(kind)).Metrics)
        {
            var change = new MetricConfig { Name = StatsNames.GetValueOrDefault(metric.Name, metric.Name), Drop = metric.IsDisabled };
            foreach (var tag in metric.Tags)
            {
                if (tag.Value is { } value)
                {
                    change.Dimensions[tag.Name] = value;
                }
                else
                {
                    change.TagsToRemove.Add(tag.Name);
                }
            }

            config.Metrics.Add(change);
        }

        return config;
    }
}
