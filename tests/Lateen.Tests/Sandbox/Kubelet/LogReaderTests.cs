using System.Text;
using Lateen.Sandbox.Kubelet;
using Lateen.Sandbox.Kubelet.Logs;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Sandbox.Kubelet;

public sealed class LogReaderTests : IDisposable
{
    private static readonly LogRequest Everything = new(false, false, false, null, null, null);

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Entries_AreShownWithoutTheirPrefix_AndPartsAreJoined() => (await ReadAsync(Everything)).ShouldBe("one\ntwo parts\nthree\n");

    [Fact]
    public async Task Timestamps_AreKept_WhenAskedFor() =>
        (await ReadAsync(Everything with { Timestamps = true, TailLines = 1 })).ShouldBe("2023-10-11T06:33:44.000000000Z three\n");

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "three\n")]
    [InlineData(99, "one\ntwo parts\nthree\n")]
    public async Task TailLines_TakesTheLast(long lines, string expected) =>
        (await ReadAsync(Everything with { TailLines = lines })).ShouldBe(expected);

    [Fact]
    public async Task Since_LeavesOutWhatIsOlder() =>
        (await ReadAsync(Everything with { Since = new DateTimeOffset(2023, 10, 11, 6, 33, 44, TimeSpan.Zero) })).ShouldBe("three\n");

    [Fact]
    public async Task LimitBytes_CutsTheAnswer() => (await ReadAsync(Everything with { LimitBytes = 5 })).ShouldBe("one\nt");

    [Fact]
    public async Task Follow_EndsAfterTheContainersLastWords()
    {
        var ended = new TaskCompletionSource();
        using var output = new SignallingStream();
        await File.WriteAllTextAsync(_path, "2023-10-11T06:33:42.000000000Z stdout F one\n", TestContext.Current.CancellationToken);
        var copying = new LogReader(TimeProvider.System).CopyAsync(
            new FileLog(_path, ended.Task), Everything with { Follow = true }, output, TestContext.Current.CancellationToken);
        await output.FirstWrite.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(_path, "2023-10-11T06:33:43.000000000Z stdout F two\n", TestContext.Current.CancellationToken);
        ended.SetResult();
        await copying.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        Encoding.UTF8.GetString(output.ToArray()).ShouldBe("one\ntwo\n");
    }

    private async Task<string> ReadAsync(LogRequest request)
    {
        await File.WriteAllTextAsync(
            _path,
            """
            2023-10-11T06:33:42.000000000Z stdout F one
            2023-10-11T06:33:43.000000000Z stdout P two
            2023-10-11T06:33:43.000000000Z stderr F  parts
            2023-10-11T06:33:44.000000000Z stdout F three

            """,
            TestContext.Current.CancellationToken);
        using var output = new MemoryStream();
        await new LogReader(TimeProvider.System).CopyAsync(new FileLog(_path, Task.CompletedTask), request, output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private sealed record FileLog(string Path, Task Ended) : IContainerLog;

    private sealed class SignallingStream : MemoryStream
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task FirstWrite => _first.Task;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var written = base.WriteAsync(buffer, cancellationToken);
            _first.TrySetResult();
            return written;
        }
    }
}
