using System.Globalization;
using System.Text;
using Envoy.Admin.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Lateen.Api;
using Lateen.Proxy.Local;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Admin;

/// <summary><c>/clusters</c>: every cluster with its breakers, and every host with its counters; as text or as envoy.admin.v3.Clusters.</summary>
internal static class ClustersPage
{
    public static LocalResponse Answer(IReadOnlyList<ClusterView> clusters, AdminQuery query) =>
        query.Get("format") == "json"
            ? LocalResponse.Text(XdsJsonWriter.Write(Json(clusters)), contentType: "application/json")
            : LocalResponse.Text(Text(clusters));

    private static string Text(IReadOnlyList<ClusterView> clusters)
    {
        var text = new StringBuilder();
        foreach (var cluster in clusters)
        {
            void Line(string key, object value) => text.Append(cluster.Name).Append("::").Append(key).Append("::").Append(value).Append('\n');
            Line("observability_name", cluster.ObservabilityName);
            if (cluster.HasOutlierDetection)
            {
                var rates = cluster.Outlier ?? new OutlierView(-1, -1, -1, -1);
                Line("outlier::success_rate_average", Number(rates.Average));
                Line("outlier::success_rate_ejection_threshold", Number(rates.Threshold));
                Line("outlier::local_origin_success_rate_average", Number(rates.LocalOriginAverage));
                Line("outlier::local_origin_success_rate_ejection_threshold", Number(rates.LocalOriginThreshold));
            }
            foreach (var (priority, limits) in new[] { ("default_priority", cluster.Default), ("high_priority", cluster.High) })
            {
                Line($"{priority}::max_connections", limits.MaxConnections);
                Line($"{priority}::max_pending_requests", limits.MaxPendingRequests);
                Line($"{priority}::max_requests", limits.MaxRequests);
                Line($"{priority}::max_retries", limits.MaxRetries);
            }
            Line("added_via_api", cluster.AddedViaApi ? "true" : "false");
            if (cluster.EdsServiceName.Length > 0)
            {
                Line("eds_service_name", cluster.EdsServiceName);
            }
            foreach (var host in cluster.Hosts)
            {
                foreach (var (key, value) in HostLines(host))
                {
                    Line($"{host.Address}::{key}", value);
                }
            }
        }
        return text.ToString();
    }

    private static IEnumerable<(string Key, object Value)> HostLines(HostView host) =>
    [
        .. Counters(host.Counters).OrderBy(c => c.Name, StringComparer.Ordinal).Select(c => (c.Name, (object)c.Value)),
        ("hostname", host.Hostname), ("health_flags", host.HealthFlags), ("weight", host.Weight), ("region", host.Region),
        ("zone", host.Zone), ("sub_zone", host.SubZone), ("canary", "false"), ("priority", host.Priority),
        ("success_rate", Number(host.SuccessRate)), ("local_origin_success_rate", Number(host.LocalOriginSuccessRate)),
    ];

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static (string Name, long Value, bool IsGauge)[] Counters(HostCounters c) =>
    [
        ("cx_connect_fail", c.CxConnectFail, false), ("cx_total", c.CxTotal, false), ("rq_error", c.RqError, false),
        ("rq_success", c.RqSuccess, false), ("rq_timeout", c.RqTimeout, false), ("rq_total", c.RqTotal, false),
        ("cx_active", c.CxActive, true), ("rq_active", c.RqActive, true),
    ];

    private static Envoy.Admin.V3.Clusters Json(IReadOnlyList<ClusterView> clusters)
    {
        var message = new Envoy.Admin.V3.Clusters();
        foreach (var cluster in clusters)
        {
            var status = new ClusterStatus
            {
                Name = cluster.Name,
                AddedViaApi = cluster.AddedViaApi,
                ObservabilityName = cluster.ObservabilityName,
                EdsServiceName = cluster.EdsServiceName,
                CircuitBreakers = new CircuitBreakers { Thresholds = { Thresholds(cluster.Default, RoutingPriority.Default), Thresholds(cluster.High, RoutingPriority.High) } },
            };
            status.HostStatuses.AddRange(cluster.Hosts.Select(Host));
            message.ClusterStatuses.Add(status);
        }
        return message;
    }

    private static HostStatus Host(HostView host)
    {
        var status = new HostStatus
        {
            Address = ListenersPage.AddressOf(host.Address),
            Hostname = host.Hostname,
            Weight = host.Weight,
            Priority = host.Priority,
            Locality = new Locality { Region = host.Region, Zone = host.Zone, SubZone = host.SubZone },
            HealthStatus = new HostHealthStatus
            {
                EdsHealthStatus = host.EdsHealthStatus switch
                {
                    "UNHEALTHY" => HealthStatus.Unhealthy,
                    "DEGRADED" => HealthStatus.Degraded,
                    _ => HealthStatus.Healthy,
                },
                FailedActiveHealthCheck = host.HealthFlags.Contains("/failed_active_hc", StringComparison.Ordinal),
                PendingActiveHc = host.HealthFlags.Contains("/pending_active_hc", StringComparison.Ordinal),
                FailedOutlierCheck = host.HealthFlags.Contains("/failed_outlier_check", StringComparison.Ordinal),
            },
        };
        status.Stats.AddRange(Counters(host.Counters).Select(c => new SimpleMetric
        {
            Name = c.Name,
            Value = (ulong)Math.Max(0, c.Value),
            Type = c.IsGauge ? SimpleMetric.Types.Type.Gauge : SimpleMetric.Types.Type.Counter,
        }));
        return status;
    }

    private static CircuitBreakers.Types.Thresholds Thresholds(ThresholdsView limits, RoutingPriority priority) => new()
    {
        Priority = priority,
        MaxConnections = limits.MaxConnections,
        MaxPendingRequests = limits.MaxPendingRequests,
        MaxRequests = limits.MaxRequests,
        MaxRetries = limits.MaxRetries,
    };
}
