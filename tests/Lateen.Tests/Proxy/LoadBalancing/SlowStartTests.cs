using Lateen.Proxy.LoadBalancing;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.LoadBalancing;

public sealed class SlowStartTests
{
    [Theory]
    [InlineData(0, 1, 0.1)]
    [InlineData(30_000, 1, 0.5)]
    [InlineData(60_000, 1, 1)]
    [InlineData(15_000, 2, 0.5)]
    public void Factor_WithinTheWindow_GrowsWithTime(long since, double aggression, double expected) =>
        new SlowStart(60_000, aggression, 0.1).Factor(since).ShouldBe(expected, tolerance: 0.001);
}
