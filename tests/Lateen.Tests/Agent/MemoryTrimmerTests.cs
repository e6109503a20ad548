using Lateen.Agent.Hosting;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

/// <summary>When memory is given back: after a crowd of connections has gone, not while it is there.</summary>
public sealed class MemoryTrimmerTests
{
    [Fact]
    public async Task Connections_Going_AreACrowdOnlyWhereMostOfManyHaveGone()
    {
        int trims = 0;
        HandTimer time = new();
        Queue<long> open = new([0, 50_000, 50_000, 30_000, 10, 10, MemoryTrimmer.Crowd, 0, 200, 0, 0]);
        List<int> before = [];
        using SemaphoreSlim looked = new(0);
        using CancellationTokenSource stop = new();
        Task running = new MemoryTrimmer(
            time,
            () =>
            {
                before.Add(trims);
                looked.Release();
                return open.Dequeue();
            },
            () => trims++).RunAsync(stop.Token);

        for (int left = open.Count; left > 0; left--)
        {
            time.Fire();
            await looked.WaitAsync(TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await running;
        before.ShouldBe([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2], "trims before each look");
    }

    // Hands out one timer and fires it when told.
    private sealed class HandTimer : TimeProvider
    {
        private TimerCallback? _callback;
        private object? _state;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state) = (callback, state);
            return new Nothing();
        }

        public void Fire() => _callback!(_state);

        private sealed class Nothing : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
