using Lateen.Net.Sockets;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Net.Sockets;

/// <summary>The wheel against a sorted list.</summary>
public sealed class TimerWheelTests
{
    [Fact]
    public void Advance_RandomTimers_FireInTheirMillisecondAndOnce()
    {
        Random random = new(7);
        TimerWheel wheel = new(1_000_003, e => throw e);
        long now = 1_000_003;
        List<Probe> probes = [];
        for (int i = 0; i < 2000; i++)
        {
            Probe probe = new(() => now);
            probes.Add(probe);
            long due = now + random.Next(1, i % 3 == 0 ? 100 : i % 3 == 1 ? 10_000 : 20_000_000);
            wheel.Arm(probe, due);
            probe.Expected = due;
        }
        foreach (Probe cancelled in probes.Where((_, i) => i % 7 == 0))
        {
            wheel.Cancel(cancelled);
            cancelled.Expected = -1;
        }
        while (wheel.NextDelay(now) is var delay && delay >= 0)
        {
            now += Math.Max(delay, 1);
            wheel.Advance(now);
        }

        probes.ShouldAllBe(p => p.FiredAt == p.Expected);
    }

    [Fact]
    public void Arm_FromWithinACallback_FiresLater()
    {
        TimerWheel wheel = new(0, e => throw e);
        long now = 0;
        Probe? second = null;
        second = new Probe(() => now);
        Probe first = new(() => now) { Then = () => wheel.Arm(second, now + 5) };
        wheel.Arm(first, 3);

        for (now = 1; now < 20; now++)
        {
            wheel.Advance(now);
        }

        first.FiredAt.ShouldBe(3);
        second.FiredAt.ShouldBe(8);
    }

    private sealed class Probe(Func<long> now) : LoopTimer
    {
        public long Expected { get; set; } = -1;

        public long FiredAt { get; private set; } = -1;

        public Action? Then { get; init; }

        public override void OnTimer()
        {
            FiredAt.ShouldBe(-1);
            FiredAt = now();
            Then?.Invoke();
        }
    }
}
