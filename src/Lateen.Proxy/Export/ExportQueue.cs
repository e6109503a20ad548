using Lateen.Proxy.Views;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Export;

/// <summary>Records on their way to a collector: taken from the loops without waiting, sent in batches by one task.</summary>
/// <remarks>Bounded: when the collector is slow or away, new records are dropped and counted, requests never wait.</remarks>
internal sealed class ExportQueue<T>(
    string statPrefix, ExportTarget target, Func<ExportTarget, IReadOnlyList<T>, CancellationToken, Task<string?>> send, TimeProvider time, ILogger logger)
    : IExportQueue
{
    private const int Maximum = 2048, BatchSize = 200;
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private List<T> _waiting = [];
    private Task? _running;
    private long _sent, _dropped, _batches, _failed;
    private string? _lastProblem;

    public void Add(T item)
    {
        lock (_lock)
        {
            if (_waiting.Count >= Maximum)
            {
                _dropped++;
                return;
            }
            _waiting.Add(item);
            // The task lives while there is something to send, so an idle proxy has none.
            _running ??= Task.Run(RunAsync);
        }
    }

    public IEnumerable<StatSample> Stats()
    {
        StatSample Counter(string name, long value) => new($"{statPrefix}.{name}", StatKind.Counter, value, null, value != 0);
        yield return Counter("sent", Interlocked.Read(ref _sent));
        yield return Counter("dropped", Interlocked.Read(ref _dropped));
        yield return Counter("reports_sent", Interlocked.Read(ref _batches));
        yield return Counter("reports_failed", Interlocked.Read(ref _failed));
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await Task.Delay(FlushInterval, time).ConfigureAwait(false);
            List<T> batch;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _running = null;
                    return;
                }
                (batch, _waiting) = (_waiting, []);
            }
            for (int i = 0; i < batch.Count; i += BatchSize)
            {
                await SendAsync(batch.GetRange(i, Math.Min(BatchSize, batch.Count - i))).ConfigureAwait(false);
            }
        }
    }

    private async Task SendAsync(List<T> batch)
    {
        string? problem = await send(target, batch, CancellationToken.None).ConfigureAwait(false);
        if (problem is null)
        {
            Interlocked.Add(ref _sent, batch.Count);
            Interlocked.Increment(ref _batches);
            _lastProblem = null;
            return;
        }
        Interlocked.Increment(ref _failed);
        Interlocked.Add(ref _dropped, batch.Count);
        // Once for each kind of trouble: a collector that is away must not fill the log.
        if (problem != _lastProblem)
        {
            _lastProblem = problem;
            ProxyLog.ExportFailed(logger, statPrefix, target.Authority, problem);
        }
    }
}

/// <summary>A queue of whatever it holds.</summary>
internal interface IExportQueue
{
    IEnumerable<StatSample> Stats();
}
