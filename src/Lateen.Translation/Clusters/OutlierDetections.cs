using Envoy.Config.Cluster.V3;
using Settings = Lateen.Model.Networking.OutlierDetection;

namespace Lateen.Translation.Clusters;

/// <summary>DestinationRule.outlierDetection: when endpoints are taken out.</summary>
internal static class OutlierDetections
{
    public static void Apply(Cluster cluster, Settings? settings)
    {
        if (settings is null)
        {
            return;
        }

        // Success rates are never judged: Istio's API has no setting for them.
        var result = new OutlierDetection { EnforcingSuccessRate = 0 };
        if (settings.BaseEjectionTime is { } ejection)
        {
            result.BaseEjectionTime = ejection.ToDuration();
        }

        if (settings.Interval is { } interval)
        {
            result.Interval = interval.ToDuration();
        }

        if (settings.Consecutive5xxErrors is { } errors)
        {
            result.Consecutive5Xx = errors;
            result.EnforcingConsecutive5Xx = errors > 0 ? 100u : 0;
        }

        if (settings.ConsecutiveGatewayErrors is { } gateway)
        {
            result.ConsecutiveGatewayFailure = gateway;
            result.EnforcingConsecutiveGatewayFailure = gateway > 0 ? 100u : 0;
        }

        if (settings.MaxEjectionPercent > 0)
        {
            result.MaxEjectionPercent = (uint)settings.MaxEjectionPercent;
        }

        if (settings.SplitExternalLocalOriginErrors)
        {
            result.SplitExternalLocalOriginErrors = true;
            if (settings.ConsecutiveLocalOriginFailures is { } local)
            {
                result.ConsecutiveLocalOriginFailure = local;
                result.EnforcingConsecutiveLocalOriginFailure = local > 0 ? 100u : 0;
            }

            result.EnforcingLocalOriginSuccessRate = 0;
        }

        cluster.OutlierDetection = result;

        // Below the threshold all endpoints are used; 0 switches that off (Istio, minHealthPercent).
        cluster.CommonLbConfig ??= new();
        cluster.CommonLbConfig.HealthyPanicThreshold = new() { Value = settings.MinHealthPercent };
    }
}
