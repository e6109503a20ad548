using Lateen.Agent.Interception;
using Lateen.Logging;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent.Interception;

public sealed class InterceptionCheckTests : IDisposable
{
    private readonly StringWriter _log = new();

    public void Dispose() => _log.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_RulesComeLate_IsAProblemUntilTheyAreThere()
    {
        TaskCompletionSource<string?> second = new();
        TaskCompletionSource secondBegins = new();
        int calls = 0;
        InterceptionCheck check = Check(_ =>
        {
            if (++calls == 1)
            {
                return Task.FromResult<string?>("no rules");
            }
            secondBegins.SetResult();
            return second.Task;
        });
        check.Problem.ShouldNotBeNull();

        Task running = check.RunAsync(_ => Task.CompletedTask, Cancellation);
        await secondBegins.Task.WaitAsync(Patience.Limit, Cancellation);
        string? meanwhile = check.Problem;
        second.SetResult(null);
        await running.WaitAsync(Patience.Limit, Cancellation);

        meanwhile.ShouldBe("no rules");
        check.Problem.ShouldBeNull();
        _log.ToString().ShouldContain("Interception does not work, the sidecar stays not ready: no rules");
        _log.ToString().ShouldContain("Interception works");
    }

    [Fact]
    public async Task Check_ListenersNeverOpen_DoesNotDialAndEndsWithTheAgent()
    {
        using CancellationTokenSource stop = new();
        InterceptionCheck check = Check(_ => throw new InvalidOperationException("dialled"));

        Task running = check.RunAsync(ended => Task.Delay(Timeout.Infinite, ended), stop.Token);
        await stop.CancelAsync();
        await running.WaitAsync(Patience.Limit, Cancellation);

        check.Problem.ShouldBe("the interception of traffic has not been checked yet");
    }

    [Fact]
    public void Check_NothingToProve_IsNoProblem() => Check(null).Problem.ShouldBeNull();

    private InterceptionCheck Check(Func<CancellationToken, Task<string?>>? dial) =>
        new(dial, TimeProvider.System, new ConsoleLogFactory(_log, new LogLevels(), TimeProvider.System).CreateLogger("test"));
}
