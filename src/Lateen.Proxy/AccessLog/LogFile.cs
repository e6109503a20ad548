using System.Collections.Concurrent;

namespace Lateen.Proxy.AccessLog;

/// <summary>A file that takes access-log lines, written by a thread of its own: a full disk or a slow pipe never stops an event loop.</summary>
/// <remarks>Batches hold whole lines and are written one after the other, so no line is ever garbled. Past <see cref="MaximumQueued"/> batches, new ones are dropped and counted.</remarks>
internal sealed class LogFile : IDisposable
{
    private const int MaximumQueued = 256;

    private readonly BlockingCollection<(byte[] Buffer, int Length)> _queue = new(MaximumQueued);
    private readonly ConcurrentBag<byte[]> _free = [];
    private readonly Thread _writer;
    private Stream _stream;
    private long _dropped;
    private volatile bool _reopen;

    public LogFile(string path)
    {
        Path = path;
        _stream = Open(path);
        _writer = new Thread(Run, 256 * 1024) { IsBackground = true, Name = "access-log" };
        _writer.Start();
    }

    public string Path { get; }

    public long Dropped => Interlocked.Read(ref _dropped);

    public byte[] Rent(int size) => _free.TryTake(out byte[]? buffer) ? buffer : new byte[size];

    /// <summary>Closes the file and opens its path again before the next batch: it was moved away (logrotate, SIGUSR1).</summary>
    public void Reopen() => _reopen = true;

    /// <summary>Hands over a batch; the buffer is the file's from then on.</summary>
    public void Enqueue(byte[] buffer, int length)
    {
        if (_queue.IsAddingCompleted || !_queue.TryAdd((buffer, length)))
        {
            Interlocked.Increment(ref _dropped);
            _free.Add(buffer);
        }
    }

    /// <summary>Writes what is queued and closes.</summary>
    public void Dispose()
    {
        _queue.CompleteAdding();
        _writer.Join(TimeSpan.FromSeconds(2));
        _stream.Dispose();
        _queue.Dispose();
    }

    private static Stream Open(string path) => path switch
    {
        "/dev/stdout" => Console.OpenStandardOutput(),
        "/dev/stderr" => Console.OpenStandardError(),
        _ => new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 1),
    };

    private void Run()
    {
        foreach ((byte[] buffer, int length) in _queue.GetConsumingEnumerable())
        {
            try
            {
                if (_reopen)
                {
                    _reopen = false;
                    // The new one first: if it cannot be had, lines go on into the old.
                    Stream fresh = Open(Path);
                    _stream.Dispose();
                    _stream = fresh;
                }
                _stream.Write(buffer, 0, length);
                _stream.Flush();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Interlocked.Increment(ref _dropped);
            }
            _free.Add(buffer);
        }
    }
}
