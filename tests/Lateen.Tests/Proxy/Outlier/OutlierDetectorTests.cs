using Lateen.Proxy.Clusters;
using Lateen.Proxy.Outlier;
using Lateen.Tests.Proxy.Clusters;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Outlier;

public sealed class OutlierDetectorTests
{
    private readonly Host[] _hosts = TestHosts.Hosts(10);
    private long _now;

    [Fact]
    public void Responses_FiveTimes5xxInARow_EjectTheHost()
    {
        OutlierDetector detector = Watch(new OutlierConfig());
        Answer(0, 500, 500, 500, 500, 200, 500, 500, 500, 500);
        _hosts[0].Health.ShouldBe(HostHealth.Healthy);

        Answer(0, 500);

        _hosts[0].Health.ShouldBe(HostHealth.Unhealthy);
        _hosts[0].Outlier!.Ejected.ShouldBe(OutlierReason.Consecutive5xx);
        Stat(detector, OutlierStat.EjectionsActive).ShouldBe(1);
        Stat(detector, OutlierStat.EjectionsEnforcedConsecutive5xx).ShouldBe(1);
    }

    [Fact]
    public void GatewayFailures_Enforced_EjectAndOther5xxResetThem()
    {
        Watch(new OutlierConfig { ConsecutiveGatewayFailure = 2, EnforcingConsecutiveGatewayFailure = 100, Consecutive5xx = 100 });
        Answer(0, 503, 500, 502);
        _hosts[0].Outlier!.Ejected.ShouldBe(OutlierReason.None);

        Answer(0, 504);

        _hosts[0].Outlier!.Ejected.ShouldBe(OutlierReason.ConsecutiveGatewayFailure);
    }

    [Fact]
    public void GatewayFailures_NotEnforced_AreOnlyDetected()
    {
        OutlierDetector detector = Watch(new OutlierConfig { ConsecutiveGatewayFailure = 2, Consecutive5xx = 100 });

        Answer(0, 503, 503);

        _hosts[0].Outlier!.Ejected.ShouldBe(OutlierReason.None);
        Stat(detector, OutlierStat.EjectionsDetectedConsecutiveGatewayFailure).ShouldBe(1);
        Stat(detector, OutlierStat.EjectionsEnforcedTotal).ShouldBe(0);
    }

    [Fact]
    public void LocalOrigin_Split_CountsApart()
    {
        Watch(new OutlierConfig { SplitsLocalOrigin = true });
        for (int i = 0; i < 4; i++)
        {
            _hosts[0].Outlier!.OnFailure(timedOut: false);
        }
        Answer(0, 500);
        _hosts[0].Outlier!.OnFailure(timedOut: false);
        _hosts[0].Outlier!.Ejected.ShouldBe(OutlierReason.None, "an answer of any kind ends the row of connection failures");

        for (int i = 0; i < 4; i++)
        {
            _hosts[0].Outlier!.OnFailure(timedOut: true);
        }

        _hosts[0].Outlier!.Ejected.ShouldBe(OutlierReason.ConsecutiveLocalOriginFailure);
    }

    [Fact]
    public void Ejection_BeyondTheMaximumPercent_IsOverflow()
    {
        OutlierDetector detector = Watch(new OutlierConfig { Consecutive5xx = 1, MaximumEjectionPercent = 20 });

        Answer(0, 500);
        Answer(1, 500);
        Answer(2, 500);

        _hosts.Count(h => h.Health == HostHealth.Unhealthy).ShouldBe(2);
        Stat(detector, OutlierStat.EjectionsOverflow).ShouldBe(1);
    }

    [Fact]
    public void Ejection_OfTheFirstHost_IgnoresTheMaximumPercent()
    {
        Watch(new OutlierConfig { Consecutive5xx = 1, MaximumEjectionPercent = 1 });

        Answer(0, 500);

        _hosts[0].Health.ShouldBe(HostHealth.Unhealthy);
    }

    [Fact]
    public void Tick_AfterTheEjectionTime_BringsTheHostBackAndTheTimeGrows()
    {
        OutlierDetector detector = Watch(new OutlierConfig { Consecutive5xx = 1 });
        Answer(0, 500);
        TickAt(detector, 20_000);
        _hosts[0].Health.ShouldBe(HostHealth.Unhealthy);
        TickAt(detector, 30_000);
        _hosts[0].Health.ShouldBe(HostHealth.Healthy);

        Answer(0, 500);
        TickAt(detector, 80_000);
        _hosts[0].Health.ShouldBe(HostHealth.Unhealthy, "twice the base time, from 30 s on");
        TickAt(detector, 90_000);
        _hosts[0].Health.ShouldBe(HostHealth.Healthy);
    }

    [Fact]
    public void Tick_OneHostFarBelowTheMean_EjectsItByItsSuccessRate()
    {
        OutlierDetector detector = Watch(new OutlierConfig { Consecutive5xx = 1000 });
        for (int i = 0; i < 10; i++)
        {
            Answer(i, [.. Enumerable.Range(0, 100).Select(n => i == 3 && n % 2 == 0 ? 500 : 200)]);
        }

        TickAt(detector, 10_000);

        _hosts.Where(h => h.Health == HostHealth.Unhealthy).ShouldBe([_hosts[3]]);
        _hosts[3].Outlier!.Ejected.ShouldBe(OutlierReason.SuccessRate);
        detector.SuccessRate.Average.ShouldBe(95);
        detector.SuccessRate.Threshold.ShouldBe(95 - (1.9 * 15), tolerance: 0.01);
        _hosts[3].View().SuccessRate.ShouldBe(50);
        _hosts[3].View().HealthFlags.ShouldBe("/failed_outlier_check");
    }

    [Fact]
    public void Tick_FailurePercentageEnforced_EjectsAtTheThreshold()
    {
        OutlierDetector detector = Watch(new OutlierConfig { Consecutive5xx = 1000, EnforcingSuccessRate = 0, EnforcingFailurePercentage = 100 });
        for (int i = 0; i < 10; i++)
        {
            Answer(i, [.. Enumerable.Range(0, 100).Select(n => i == 3 && n < 85 ? 500 : 200)]);
        }

        TickAt(detector, 10_000);

        _hosts[3].Outlier!.Ejected.ShouldBe(OutlierReason.FailurePercentage);
    }

    [Fact]
    public void Hosts_PassingAnActiveCheck_ComeBackAtOnce()
    {
        OutlierDetector detector = Watch(new OutlierConfig { Consecutive5xx = 1 });
        Answer(0, 500);

        detector.OnHealthy(_hosts[0].Outlier!);

        _hosts[0].Health.ShouldBe(HostHealth.Healthy);
    }

    private OutlierDetector Watch(OutlierConfig config) => TestHosts.Detector(config, _hosts, () => _now);

    private void Answer(int host, params int[] statuses)
    {
        foreach (int status in statuses)
        {
            _hosts[host].Outlier!.OnResponse(status);
        }
    }

    private void TickAt(OutlierDetector detector, long now)
    {
        _now = now;
        detector.Tick();
    }

    private static long Stat(OutlierDetector detector, OutlierStat stat) => detector.Stats.Sum((int)stat);
}
