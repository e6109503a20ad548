using Lateen.Proxy.Clusters;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Clusters;

/// <summary>Priorities, panic, localities: expected loads after Envoy's documentation ("Priority levels", "Panic threshold", "Degraded endpoints").</summary>
public sealed class HostSetTests
{
    // Healthy of ten in priority 0 and in priority 1; the loads in percent.
    [Theory]
    [InlineData(10, 10, new[] { 100 })]
    [InlineData(8, 10, new[] { 100 })]
    [InlineData(7, 10, new[] { 98, 2 })]
    [InlineData(5, 10, new[] { 70, 30 })]
    [InlineData(0, 10, new[] { 100 })]
    public void Build_WithUnhealthyHosts_SpillsToTheNextPriority(int first, int second, int[] loads) =>
        HostSet.Build([.. Priority(0, first), .. Priority(1, second)], TestHosts.Config()).Levels.Select(l => l.Load).ShouldBe(loads);

    [Fact]
    public void Build_TooFewHealthyEverywhere_IsPanicByHostCount()
    {
        HostSet set = HostSet.Build([.. Priority(0, 2), .. Priority(1, 1)], TestHosts.Config());

        set.Levels.Select(l => (l.IsPanic, l.Load, l.Groups[0].Hosts.Length)).ShouldBe([(true, 10, 10), (true, 10, 10)]);
    }

    [Fact]
    public void Build_PanicOff_UsesHealthyHostsOnly()
    {
        HostSet set = HostSet.Build(Priority(0, 2), TestHosts.Config(panic: 0));

        set.Levels.ShouldHaveSingleItem().Groups[0].Hosts.Length.ShouldBe(2);
        HostSet.Build(Priority(0, 0), TestHosts.Config(panic: 0)).TotalLoad.ShouldBe(0);
    }

    [Fact]
    public void Build_OverprovisioningOfTheAssignment_IsObeyed() =>
        HostSet.Build([.. Priority(0, 5), .. Priority(1, 10)], TestHosts.Config(), overprovisioning: 100).Levels.Select(l => l.Load).ShouldBe([50, 50]);

    [Fact]
    public void Build_DegradedHosts_TakeWhatHealthyOnesLeave()
    {
        Host[] hosts = [.. Enumerable.Range(1, 5).Select(i => TestHosts.Host(i)), .. Enumerable.Range(6, 5).Select(i => TestHosts.Host(i, health: HostHealth.Degraded))];

        HostSet.Build(hosts, TestHosts.Config()).Levels.Select(l => l.Load).ShouldBe([70, 30]);
    }

    [Fact]
    public void Build_LocalityWeights_AreLessenedByMissingHealth()
    {
        Locality near = new("r", "near", "", 3), far = new("r", "far", "", 1);
        Host[] hosts =
        [
            TestHosts.Host(1, locality: near), TestHosts.Host(2, locality: near, health: HostHealth.Unhealthy),
            TestHosts.Host(3, locality: far), TestHosts.Host(4, locality: far),
        ];

        HostGroup[] groups = HostSet.Build(hosts, TestHosts.Config(localities: true)).Levels[0].Groups;

        groups.Select(g => Math.Round(g.Weight, 2)).ShouldBe([2.1, 1]);
    }

    private static Host[] Priority(uint priority, int healthy) => [.. Enumerable.Range(1, 10).Select(i =>
        TestHosts.Host((int)(priority * 20) + i, priority: priority, health: i <= healthy ? HostHealth.Healthy : HostHealth.Unhealthy))];
}
