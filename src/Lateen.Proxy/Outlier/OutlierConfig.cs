namespace Lateen.Proxy.Outlier;

/// <summary>Why a host was taken out of load balancing.</summary>
internal enum OutlierReason
{
    None,
    Consecutive5xx,
    ConsecutiveGatewayFailure,
    ConsecutiveLocalOriginFailure,
    SuccessRate,
    FailurePercentage,
    LocalOriginSuccessRate,
    LocalOriginFailurePercentage,
}

/// <summary>envoy.config.cluster.v3.OutlierDetection, compiled; the defaults are Envoy's. Immutable.</summary>
internal sealed record OutlierConfig
{
    public int Consecutive5xx { get; init; } = 5;

    public int ConsecutiveGatewayFailure { get; init; } = 5;

    public int ConsecutiveLocalOriginFailure { get; init; } = 5;

    public uint EnforcingConsecutive5xx { get; init; } = 100;

    public uint EnforcingConsecutiveGatewayFailure { get; init; }

    public uint EnforcingConsecutiveLocalOriginFailure { get; init; } = 100;

    public uint EnforcingSuccessRate { get; init; } = 100;

    public uint EnforcingLocalOriginSuccessRate { get; init; } = 100;

    public uint EnforcingFailurePercentage { get; init; }

    public uint EnforcingLocalOriginFailurePercentage { get; init; }

    public long IntervalMilliseconds { get; init; } = 10_000;

    public long BaseEjectionMilliseconds { get; init; } = 30_000;

    public long MaximumEjectionMilliseconds { get; init; } = 300_000;

    public long JitterMilliseconds { get; init; }

    public int MaximumEjectionPercent { get; init; } = 10;

    public int SuccessRateMinimumHosts { get; init; } = 5;

    public int SuccessRateRequestVolume { get; init; } = 100;

    /// <summary>Thousandths of a standard deviation below the mean.</summary>
    public int SuccessRateStdevFactor { get; init; } = 1900;

    public int FailurePercentageThreshold { get; init; } = 85;

    public int FailurePercentageMinimumHosts { get; init; } = 5;

    public int FailurePercentageRequestVolume { get; init; } = 50;

    /// <summary>Failures that never reached the host's application are counted apart.</summary>
    public bool SplitsLocalOrigin { get; init; }

    public uint Enforcing(OutlierReason reason) => reason switch
    {
        OutlierReason.Consecutive5xx => EnforcingConsecutive5xx,
        OutlierReason.ConsecutiveGatewayFailure => EnforcingConsecutiveGatewayFailure,
        OutlierReason.ConsecutiveLocalOriginFailure => EnforcingConsecutiveLocalOriginFailure,
        OutlierReason.SuccessRate => EnforcingSuccessRate,
        OutlierReason.LocalOriginSuccessRate => EnforcingLocalOriginSuccessRate,
        OutlierReason.FailurePercentage => EnforcingFailurePercentage,
        _ => EnforcingLocalOriginFailurePercentage,
    };
}
