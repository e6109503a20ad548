using System.Text;
using Lateen.Proxy.Filters.LocalRateLimit;
using Lateen.Proxy.Health;
using Lateen.Proxy.Outlier;

namespace Lateen.Proxy.Stats;

/// <summary>Statistics of a cluster, in Envoy's names: <c>UpstreamRqTotal</c> is <c>upstream_rq_total</c>.</summary>
internal enum ClusterStat
{
    UpstreamCxTotal, UpstreamCxActive, UpstreamCxHttp1Total, UpstreamCxHttp2Total, UpstreamCxConnectFail, UpstreamCxConnectTimeout,
    UpstreamCxConnectAttemptsExceeded, UpstreamCxIdleTimeout, UpstreamCxDestroy, UpstreamCxDestroyLocal, UpstreamCxDestroyRemote,
    UpstreamCxDestroyWithActiveRq, UpstreamCxOverflow, UpstreamCxRxBytesTotal, UpstreamCxTxBytesTotal, UpstreamCxProtocolError,
    UpstreamCxMaxRequests, UpstreamCxMaxDurationReached, UpstreamCxNoneHealthy,
    UpstreamRqTotal, UpstreamRqActive, UpstreamRqCompleted, UpstreamRq1xx, UpstreamRq2xx, UpstreamRq3xx, UpstreamRq4xx, UpstreamRq5xx,
    UpstreamRqPendingTotal, UpstreamRqPendingActive, UpstreamRqPendingOverflow, UpstreamRqPendingFailureEject, UpstreamRqCancelled,
    UpstreamRqTimeout, UpstreamRqPerTryTimeout, UpstreamRqRxReset, UpstreamRqTxReset, UpstreamRqRetry, UpstreamRqRetrySuccess,
    UpstreamRqRetryOverflow, UpstreamRqRetryLimitExceeded, UpstreamRqRetryBackoffExponential, UpstreamRqRetryBackoffRatelimited, UpstreamRqPerTryIdleTimeout,
    RetryOrShadowAbandoned, BindErrors,
    LbHealthyPanic, MembershipTotal, MembershipHealthy, MembershipDegraded, MembershipChange, UpdateSuccess, UpdateAttempt,
}

/// <summary>Statistics of an HTTP connection manager, below <c>http.&lt;stat_prefix&gt;.</c></summary>
internal enum HttpStat
{
    DownstreamCxTotal, DownstreamCxActive, DownstreamCxHttp1Total, DownstreamCxHttp1Active, DownstreamCxHttp2Total,
    DownstreamCxHttp2Active, DownstreamCxUpgradesTotal, DownstreamCxProtocolError, DownstreamCxDrainClose, DownstreamCxDestroy,
    DownstreamCxDestroyLocal, DownstreamCxDestroyRemote, DownstreamCxIdleTimeout, DownstreamCxRxBytesTotal, DownstreamCxTxBytesTotal,
    DownstreamRqTotal, DownstreamRqActive, DownstreamRqHttp1Total, DownstreamRqHttp2Total, DownstreamRqCompleted, DownstreamRq1xx,
    DownstreamRq2xx, DownstreamRq3xx, DownstreamRq4xx, DownstreamRq5xx, DownstreamRqTimeout, DownstreamRqHeaderTimeout,
    DownstreamRqIdleTimeout, DownstreamRqMaxDurationReached, DownstreamRqTooLarge, DownstreamRqNonRelativePath, DownstreamRqFailedPathNormalization,
    DownstreamRqResponseBeforeRqComplete, DownstreamRqRxReset, DownstreamRqTxReset, DownstreamRqWsOnNonWsRoute, NoRoute, NoCluster,
    RqDirectResponse, RqRedirect, RqTotal, FaultDelaysInjected, FaultAbortsInjected, FaultActiveFaults, RbacAllowed, RbacDenied,
    RbacIstioDryRunAllowShadowAllowed, RbacIstioDryRunAllowShadowDenied, RbacIstioDryRunDenyShadowAllowed,
    RbacIstioDryRunDenyShadowDenied, RbacIstioExtAuthzShadowAllowed, RbacIstioExtAuthzShadowDenied, RbacShadowAllowed, RbacShadowDenied,
    ExtAuthzOk, ExtAuthzDenied, ExtAuthzError, ExtAuthzDisabled, ExtAuthzFailureModeAllowed, JwtAuthnAllowed, JwtAuthnDenied, JwtAuthnCorsPreflightBypassed, CorsOriginValid, CorsOriginInvalid,
}

/// <summary>Statistics of a listener, below <c>listener.&lt;address&gt;.</c></summary>
internal enum ListenerStat
{
    DownstreamCxTotal, DownstreamCxActive, DownstreamCxDestroy, DownstreamCxOverflow, DownstreamPreCxActive, DownstreamPreCxTimeout,
    NoFilterChainMatch, DownstreamCxProxyProtoError,
}

/// <summary>Statistics of a TCP proxy, below <c>tcp.&lt;stat_prefix&gt;.</c></summary>
internal enum TcpStat
{
    DownstreamCxTotal, DownstreamCxNoRoute, DownstreamCxRxBytesTotal, DownstreamCxTxBytesTotal, IdleTimeout, MaxDownstreamConnectionDuration,
}

/// <summary>Statistics of access rules on connections, below <c>&lt;stat_prefix&gt;rbac.</c></summary>
internal enum RbacStat
{
    Allowed, Denied, ShadowAllowed, ShadowDenied,
}

/// <summary>The names and kinds of one enumeration.</summary>
internal sealed class StatNames
{
    private static readonly string[] Levels = ["fault", "rbac", "cors", "jwt_authn", "ext_authz"];

    public static readonly StatNames Cluster = Of<ClusterStat>(["upstream_cx_connect_ms", "upstream_rq_time", "upstream_cx_length_ms"]);
    public static readonly StatNames Http = Of<HttpStat>(["downstream_rq_time", "downstream_cx_length_ms"]);
    public static readonly StatNames Listener = Of<ListenerStat>(["downstream_cx_length_ms"]);
    public static readonly StatNames Tcp = Of<TcpStat>([]);
    public static readonly StatNames LocalRateLimit = Of<LocalRateLimitStat>([]);
    public static readonly StatNames Breaker = Of<BreakerStat>([]);
    public static readonly StatNames Outlier = Of<OutlierStat>([]);
    public static readonly StatNames Health = Of<HealthStat>([]);
    public static readonly StatNames Rbac = Of<RbacStat>([]);
    public static readonly StatNames ConnectionAuthorization = Of<Filters.ExtAuthz.ConnectionAuthorizationStat>([]);
    public static readonly StatNames ConnectionLimit = Of<Listeners.ConnectionLimitStat>([]);

    public static readonly StatNames Tls = Of<TransportSockets.TlsStat>([]);

    private StatNames(string[] names, string[] histograms)
    {
        Names = names;
        IsGauge = [.. names.Select(n => n.EndsWith("_active", StringComparison.Ordinal) || n.StartsWith("membership_", StringComparison.Ordinal)
            && n != "membership_change" || n.EndsWith("active_faults", StringComparison.Ordinal)
            || n.EndsWith("_open", StringComparison.Ordinal) || n is "healthy" or "degraded" or "active_connections"
            || n.StartsWith("remaining_", StringComparison.Ordinal))];
        Histograms = histograms;
    }

    public string[] Names { get; }

    public bool[] IsGauge { get; }

    public string[] Histograms { get; }

    private static StatNames Of<T>(string[] histograms) where T : struct, Enum => new([.. Enum.GetNames<T>().Select(ToName)], histograms);

    private static string ToName(string member)
    {
        StringBuilder text = new();
        for (int i = 0; i < member.Length; i++)
        {
            char c = member[i];
            bool digitStart = char.IsAsciiDigit(c) && char.IsAsciiLetterLower(member[i - 1]) && member.AsSpan(i).EndsWith("xx");
            if (i > 0 && (char.IsAsciiLetterUpper(c) || digitStart))
            {
                text.Append('_');
            }
            text.Append(char.ToLowerInvariant(c));
        }
        // The filters' statistics have a level of their own.
        string name = text.ToString();
        string? level = Array.Find(Levels, l => name.StartsWith(l + "_", StringComparison.Ordinal));
        return level is null ? name : $"{level}.{name[(level.Length + 1)..]}";
    }
}
