namespace Lateen.Proxy.Views;

/// <summary>A cluster with its hosts at one moment, for the clusters page.</summary>
/// <param name="Name">The cluster's name.</param>
/// <param name="ObservabilityName">alt_stat_name, else the name.</param>
/// <param name="EdsServiceName">eds_cluster_config.service_name, empty if none.</param>
/// <param name="HasOutlierDetection">An outlier detector is configured.</param>
/// <param name="AddedViaApi">False for the proxy's own static clusters.</param>
/// <param name="Default">Circuit breakers of default priority.</param>
/// <param name="High">Circuit breakers of high priority.</param>
/// <param name="Hosts">Every host, healthy or not.</param>
/// <param name="Outlier">Figures of the outlier detector, null without one.</param>
public sealed record ClusterView(
    string Name,
    string ObservabilityName,
    string EdsServiceName,
    bool HasOutlierDetection,
    bool AddedViaApi,
    ThresholdsView Default,
    ThresholdsView High,
    IReadOnlyList<HostView> Hosts,
    OutlierView? Outlier = null);

/// <summary>Figures of outlier detection over the last interval in percent, -1 without.</summary>
public sealed record OutlierView(double Average, double Threshold, double LocalOriginAverage, double LocalOriginThreshold);

/// <summary>Circuit-breaker limits.</summary>
public sealed record ThresholdsView(uint MaxConnections, uint MaxPendingRequests, uint MaxRequests, uint MaxRetries);

/// <summary>One host of a cluster with its counters.</summary>
/// <param name="Address">ip:port.</param>
/// <param name="Hostname">endpoint.hostname, often empty.</param>
/// <param name="HealthFlags">The text of the clusters page: <c>healthy</c> or <c>/failed_eds_health</c> and the like.</param>
/// <param name="EdsHealthStatus">HEALTHY, UNHEALTHY or DEGRADED.</param>
/// <param name="Weight">Configured weight.</param>
/// <param name="Region">Locality.</param>
/// <param name="Zone">Locality.</param>
/// <param name="SubZone">Locality.</param>
/// <param name="Priority">0 is the most wanted.</param>
/// <param name="Counters">Summed over the threads.</param>
/// <param name="SuccessRate">Percent of the last interval of outlier detection, -1 without.</param>
/// <param name="LocalOriginSuccessRate">The same of connections.</param>
public sealed record HostView(
    string Address,
    string Hostname,
    string HealthFlags,
    string EdsHealthStatus,
    uint Weight,
    string Region,
    string Zone,
    string SubZone,
    uint Priority,
    HostCounters Counters,
    double SuccessRate = -1,
    double LocalOriginSuccessRate = -1);

/// <summary>Counters of one host, summed over the threads.</summary>
public sealed record HostCounters(
    long CxActive, long CxConnectFail, long CxTotal, long RqActive, long RqError, long RqSuccess, long RqTimeout, long RqTotal);
