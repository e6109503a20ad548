using Lateen.Net.Sockets;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>One thread's unwritten lines, by file. Whole lines are handed to the file's writer thread in batches.</summary>
/// <remarks>A batch leaves when it is 16 KiB or 50 ms old, so a line is on disk soon and a busy proxy makes few system calls.</remarks>
internal sealed class LogBuffers : LoopTimer
{
    private const int BatchSize = 16 * 1024, MaximumLine = 8 * 1024, MaximumAge = 50;

    private readonly EventLoop _loop;
    private readonly Dictionary<LogFile, Batch> _batches = [];

    public LogBuffers(EventLoop loop) => _loop = loop;

    public void Write(AccessLogConfig log, StreamInfo info, ProxyWorker worker)
    {
        if (log.Filter is { } filter && !filter(info, worker))
        {
            return;
        }
        if (log.Remote is { } remote)
        {
            remote.Add(info, worker);
            return;
        }
        LogFile file = log.File!;
        if (!_batches.TryGetValue(file, out Batch? batch))
        {
            _batches.Add(file, batch = new Batch());
        }
        batch.Buffer ??= file.Rent(BatchSize + MaximumLine);
        LogWriter writer = new(batch.Buffer.AsSpan(batch.Length, MaximumLine));
        if (log.TryWrite(ref writer, info, worker))
        {
            batch.Length += writer.Length;
        }
        else
        {
            // Too long for a line: cut, but still one line.
            batch.Length += writer.Length;
            batch.Buffer[batch.Length - 1] = (byte)'\n';
        }
        if (batch.Length >= BatchSize)
        {
            Flush(file, batch);
        }
        else if (!IsArmed)
        {
            _loop.ArmTimer(this, MaximumAge);
        }
    }

    public override void OnTimer()
    {
        foreach ((LogFile file, Batch batch) in _batches)
        {
            Flush(file, batch);
        }
    }

    private static void Flush(LogFile file, Batch batch)
    {
        if (batch.Buffer is { } buffer && batch.Length > 0)
        {
            file.Enqueue(buffer, batch.Length);
            (batch.Buffer, batch.Length) = (null, 0);
        }
    }

    private sealed class Batch
    {
        public byte[]? Buffer { get; set; }

        public int Length { get; set; }
    }
}
