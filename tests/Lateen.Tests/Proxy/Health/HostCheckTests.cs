using Lateen.Proxy.Health;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Health;

public sealed class HostCheckTests
{
    private readonly HostCheck _check = new(
        new HealthCheckConfig
        {
            TimeoutMilliseconds = 100, IntervalMilliseconds = 1000, UnhealthyThreshold = 3, HealthyThreshold = 2,
            UnhealthyIntervalMilliseconds = 200, UnhealthyEdgeIntervalMilliseconds = 50, HealthyEdgeIntervalMilliseconds = 60,
        },
        startsFailed: true);

    [Fact]
    public void FirstResult_Passed_CountsAtOnce()
    {
        _check.Take(CheckResult.Passed).ShouldBeTrue();
        _check.IsHealthy.ShouldBeTrue();
        _check.NextInterval(hasTraffic: true).ShouldBe(60);
        _check.NextInterval(hasTraffic: false).ShouldBe(60_000);
    }

    [Fact]
    public void Network_FailuresBelowTheThreshold_ChangeNothing()
    {
        _check.Take(CheckResult.Passed);
        _check.Take(CheckResult.NetworkFailure).ShouldBeFalse();
        _check.Take(CheckResult.NetworkFailure).ShouldBeFalse();
        _check.NextInterval(hasTraffic: true).ShouldBe(1000);
        _check.Take(CheckResult.NetworkFailure).ShouldBeTrue();
        _check.IsHealthy.ShouldBeFalse();
        _check.NextInterval(hasTraffic: true).ShouldBe(50);
    }

    [Fact]
    public void Refusal_FailsTheHostWithoutThreshold()
    {
        _check.Take(CheckResult.Passed);
        _check.Take(CheckResult.Refused).ShouldBeTrue();
        _check.IsHealthy.ShouldBeFalse();
    }

    [Fact]
    public void Failed_ComesBackAfterTheHealthyThreshold()
    {
        _check.Take(CheckResult.Refused);
        _check.Take(CheckResult.Passed).ShouldBeFalse();
        _check.NextInterval(hasTraffic: true).ShouldBe(200);
        _check.Take(CheckResult.Passed).ShouldBeTrue();
        _check.IsHealthy.ShouldBeTrue();
    }
}
