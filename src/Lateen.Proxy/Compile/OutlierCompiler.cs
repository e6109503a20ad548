using Envoy.Config.Cluster.V3;
using Lateen.Proxy.Outlier;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.cluster.v3.OutlierDetection to <see cref="OutlierConfig"/>.</summary>
internal static class OutlierCompiler
{
    public static OutlierConfig? Compile(CompileScope scope, OutlierDetection? o)
    {
        if (o is null)
        {
            return null;
        }
        if (o.MaxEjectionPercent > 100)
        {
            scope.Refuse("outlier_detection.max_ejection_percent", $"{o.MaxEjectionPercent} is more than 100");
        }
        OutlierConfig d = new();
        long ejection = CompileScope.Milliseconds(o.BaseEjectionTime, d.BaseEjectionMilliseconds);
        return new OutlierConfig
        {
            Consecutive5xx = (int)(o.Consecutive5Xx ?? 5),
            ConsecutiveGatewayFailure = (int)(o.ConsecutiveGatewayFailure ?? 5),
            ConsecutiveLocalOriginFailure = (int)(o.ConsecutiveLocalOriginFailure ?? 5),
            EnforcingConsecutive5xx = o.EnforcingConsecutive5Xx ?? d.EnforcingConsecutive5xx,
            EnforcingConsecutiveGatewayFailure = o.EnforcingConsecutiveGatewayFailure ?? d.EnforcingConsecutiveGatewayFailure,
            EnforcingConsecutiveLocalOriginFailure = o.EnforcingConsecutiveLocalOriginFailure ?? d.EnforcingConsecutiveLocalOriginFailure,
            EnforcingSuccessRate = o.EnforcingSuccessRate ?? d.EnforcingSuccessRate,
            EnforcingLocalOriginSuccessRate = o.EnforcingLocalOriginSuccessRate ?? d.EnforcingLocalOriginSuccessRate,
            EnforcingFailurePercentage = o.EnforcingFailurePercentage ?? d.EnforcingFailurePercentage,
            EnforcingLocalOriginFailurePercentage = o.EnforcingFailurePercentageLocalOrigin ?? d.EnforcingLocalOriginFailurePercentage,
            IntervalMilliseconds = Math.Max(1, CompileScope.Milliseconds(o.Interval, d.IntervalMilliseconds)),
            BaseEjectionMilliseconds = ejection,
            MaximumEjectionMilliseconds = CompileScope.Milliseconds(o.MaxEjectionTime, Math.Max(d.MaximumEjectionMilliseconds, ejection)),
            JitterMilliseconds = CompileScope.Milliseconds(o.MaxEjectionTimeJitter, 0),
            MaximumEjectionPercent = (int)Math.Min(o.MaxEjectionPercent ?? 10, 100),
            SuccessRateMinimumHosts = (int)(o.SuccessRateMinimumHosts ?? 5),
            SuccessRateRequestVolume = (int)(o.SuccessRateRequestVolume ?? 100),
            SuccessRateStdevFactor = (int)(o.SuccessRateStdevFactor ?? 1900),
            FailurePercentageThreshold = (int)(o.FailurePercentageThreshold ?? 85),
            FailurePercentageMinimumHosts = (int)(o.FailurePercentageMinimumHosts ?? 5),
            FailurePercentageRequestVolume = (int)(o.FailurePercentageRequestVolume ?? 50),
            SplitsLocalOrigin = o.SplitExternalLocalOriginErrors,
        };
    }
}
