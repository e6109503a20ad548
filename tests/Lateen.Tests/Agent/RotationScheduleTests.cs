using Lateen.Agent.Identity;
using Lateen.Agent.Settings;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

public sealed class RotationScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Delay_WithHalfAsGrace_IsHalfOfTheLife()
    {
        var schedule = new RotationSchedule(0.5, 0, new Random(1));

        schedule.Delay(Start, Start.AddHours(24), Start).ShouldBe(TimeSpan.FromHours(12));
    }

    [Fact]
    public void Delay_WithJitter_StaysWithinItsShare()
    {
        var schedule = new RotationSchedule(0.5, 0.01, new Random(1));
        double[] hours = [.. Enumerable.Range(0, 1000).Select(_ => schedule.Delay(Start, Start.AddHours(24), Start).TotalHours)];

        hours.Min().ShouldBeInRange(11.76, 11.9);
        hours.Max().ShouldBeInRange(12.1, 12.24);
    }

    [Fact]
    public void Delay_OfACertificateThatIsDue_IsZero() =>
        new RotationSchedule(0.5, 0, new Random(1)).Delay(Start, Start.AddHours(24), Start.AddHours(13)).ShouldBe(TimeSpan.Zero);

    [Theory]
    [InlineData("24h", 86400)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5s", 1.5)]
    [InlineData("100ms", 0.1)]
    public void Duration_AsGoWritesIt_IsRead(string text, double seconds)
    {
        GoDuration.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds, 1e-6);
    }

    [Theory]
    [InlineData("")]
    [InlineData("24")]
    [InlineData("h")]
    [InlineData("1d")]
    public void Duration_WithoutNumberOrUnit_IsNotRead(string text) => GoDuration.TryParse(text, out _).ShouldBeFalse();
}
