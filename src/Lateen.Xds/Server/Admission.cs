using System.Collections.Concurrent;

namespace Lateen.Xds.Server;

/// <summary>Lets new streams in: so many at a time that those which are in are served soon, and one that comes back again and again later each time.</summary>
/// <remarks>
/// After a restart all proxies come at once. First come is first served, and a proxy that is connected waits for none of them: only the first
/// answer of a stream is under this limit. A waiting stream costs its first request and nothing else.
/// </remarks>
internal sealed class Admission(XdsServerOptions options, TimeProvider time) : IDisposable
{
    // A client that does not read its first answer must not keep the others out.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Forgiven = TimeSpan.FromSeconds(20);

    // Anybody can make up names of nodes: with more than these the counts begin anew.
    private const int MaxNodes = 20_000;

    private readonly ConcurrentDictionary<string, Visits> _visits = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turns = new(options.AdmittedAtOnce);
    private int _nodes;

    /// <summary>Waits until a stream of that node may be served; the caller disposes the turn when it has answered once.</summary>
    public async ValueTask<IDisposable> EnterAsync(string node, CancellationToken cancellation)
    {
        if (PauseOf(node) is var pause && pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, cancellation);
        }

        await _turns.WaitAsync(cancellation);
        return new Turn(_turns, time);
    }

    public void Dispose() => _turns.Dispose();

    /// <summary>How long a node waits that comes now.</summary>
    internal TimeSpan PauseOf(string node)
    {
        if (!_visits.ContainsKey(node) && Interlocked.Increment(ref _nodes) > MaxNodes)
        {
            _visits.Clear();
            Interlocked.Exchange(ref _nodes, 1);
        }

        var now = time.GetTimestamp();
        var visits = _visits.AddOrUpdate(
            node,
            static (_, now) => new Visits(1, now.Stamp),
            static (_, last, now) => now.Time.GetElapsedTime(last.At, now.Stamp) > Forgiven ? new Visits(1, now.Stamp) : new Visits(last.Count + 1, now.Stamp),
            (Stamp: now, Time: time));
        if (visits.Count <= options.FreeReconnects)
        {
            return TimeSpan.Zero;
        }

        // Doubling, and drawn between half and all of it: those that were thrown out together shall not come back in step. The exponent is
        // held where it is beyond every limit, so that it can not overflow.
        var full = FirstPause * Math.Pow(2, Math.Min(visits.Count - options.FreeReconnects, 20));
        var share = 0.5 + ((uint)HashCode.Combine(node, visits.Count) / (2.0 * uint.MaxValue));
        return (full > options.LongestReconnectPause ? options.LongestReconnectPause : full) * share;
    }

    private readonly record struct Visits(int Count, long At);

    private sealed class Turn : IDisposable
    {
        private readonly SemaphoreSlim _turns;
        private readonly ITimer _end;
        private int _ended;

        public Turn(SemaphoreSlim turns, TimeProvider time)
        {
            _turns = turns;
            _end = time.CreateTimer(static turn => ((Turn)turn!).Dispose(), this, LongestTurn, Timeout.InfiniteTimeSpan);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                _turns.Release();
                _end?.Dispose();
            }
        }
    }
}
