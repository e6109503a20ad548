using Lateen.Xds.Server;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

public sealed class AdmissionTests : IDisposable
{
    private readonly HandTime _time = new();
    private readonly Admission _admission;

    public AdmissionTests() => _admission = new Admission(new XdsServerOptions { AdmittedAtOnce = 2, FreeReconnects = 3 }, _time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _admission.Dispose();

    [Fact]
    public async Task Enter_MoreThanAtOnce_WaitUntilOneIsAnswered()
    {
        var first = await _admission.EnterAsync("a", Cancellation);
        using var second = await _admission.EnterAsync("b", Cancellation);
        var third = _admission.EnterAsync("c", Cancellation).AsTask();
        third.IsCompleted.ShouldBeFalse();
        first.Dispose();
        first.Dispose();
        (await third).Dispose();
    }

    [Fact]
    public async Task Turn_NeverAnswered_EndsByItself()
    {
        using var first = await _admission.EnterAsync("a", Cancellation);
        using var second = await _admission.EnterAsync("b", Cancellation);
        var third = _admission.EnterAsync("c", Cancellation).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await third).Dispose();
    }

    [Fact]
    public void Pause_NodeComesAgainAndAgain_GrowsToItsLimitAndIsForgiven()
    {
        var pauses = Enumerable.Range(0, 20).Select(_ => _admission.PauseOf("loop")).ToList();
        pauses.Take(3).ShouldAllBe(pause => pause == TimeSpan.Zero);
        pauses.Skip(3).ShouldAllBe(pause => pause > TimeSpan.Zero && pause <= TimeSpan.FromSeconds(5));
        pauses[^1].ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2.5));
        _admission.PauseOf("other").ShouldBe(TimeSpan.Zero);
        _time.Advance(TimeSpan.FromSeconds(21));
        _admission.PauseOf("loop").ShouldBe(TimeSpan.Zero);
    }

    /// <summary>A clock that stands until it is advanced.</summary>
    private sealed class HandTime : TimeProvider
    {
        private readonly List<HandTimer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new HandTimer(() => callback(state), _now + dueTime.Ticks);
            _timers.Add(timer);
            return timer;
        }

        public void Advance(TimeSpan by)
        {
            _now += by.Ticks;
            _timers.Where(timer => timer.DueAt <= _now).ToList().ForEach(timer => timer.Fire());
        }
    }

    private sealed class HandTimer(Action fire, long dueAt) : ITimer
    {
        private bool _isDisposed;

        public long DueAt => dueAt;

        public void Fire()
        {
            if (!_isDisposed)
            {
                fire();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() => _isDisposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
