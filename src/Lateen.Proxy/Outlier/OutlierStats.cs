using System.Diagnostics;

namespace Lateen.Proxy.Outlier;

/// <summary>Statistics below <c>cluster.&lt;name&gt;.outlier_detection.</c>; for each reason a pair: detected, enforced, in the order of <see cref="OutlierReason"/>.</summary>
internal enum OutlierStat
{
    EjectionsActive, EjectionsEnforcedTotal, EjectionsOverflow,
    EjectionsDetectedConsecutive5xx, EjectionsEnforcedConsecutive5xx,
    EjectionsDetectedConsecutiveGatewayFailure, EjectionsEnforcedConsecutiveGatewayFailure,
    EjectionsDetectedConsecutiveLocalOriginFailure, EjectionsEnforcedConsecutiveLocalOriginFailure,
    EjectionsDetectedSuccessRate, EjectionsEnforcedSuccessRate,
    EjectionsDetectedFailurePercentage, EjectionsEnforcedFailurePercentage,
    EjectionsDetectedLocalOriginSuccessRate, EjectionsEnforcedLocalOriginSuccessRate,
    EjectionsDetectedLocalOriginFailurePercentage, EjectionsEnforcedLocalOriginFailurePercentage,
}

/// <summary>Statistics and words of the reasons.</summary>
internal static class OutlierStats
{
    public static OutlierStat Detected(OutlierReason reason) => OutlierStat.EjectionsDetectedConsecutive5xx + (2 * ((int)reason - 1));

    public static OutlierStat Enforced(OutlierReason reason) => Detected(reason) + 1;

    /// <summary>What follows "ejected after".</summary>
    public static string Words(this OutlierReason reason) => reason switch
    {
        OutlierReason.Consecutive5xx => "consecutive 5xx",
        OutlierReason.ConsecutiveGatewayFailure => "consecutive gateway failures",
        OutlierReason.ConsecutiveLocalOriginFailure => "consecutive connection failures",
        OutlierReason.SuccessRate => "a success rate below the others'",
        OutlierReason.FailurePercentage => "too great a share of failures",
        OutlierReason.LocalOriginSuccessRate => "a connection success rate below the others'",
        OutlierReason.LocalOriginFailurePercentage => "too great a share of connection failures",
        _ => throw new UnreachableException($"not ejected: {reason}"),
    };
}
