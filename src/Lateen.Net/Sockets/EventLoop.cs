using System.Collections.Concurrent;
using System.Diagnostics;

namespace Lateen.Net.Sockets;

/// <summary>One thread's event loop: readiness, timers, posted work, and the scratch memory its connections share.</summary>
/// <remarks>
/// A connection lives on one loop from accept to close; nothing here is locked but the queue of <see cref="Post"/>. The steady state
/// allocates nothing. What connections write during a batch of events is sent together, at its end at the latest. An event for a descriptor
/// that was closed and opened again within one batch is dropped by its generation.
/// </remarks>
internal sealed class EventLoop : IDisposable
{
    /// <summary>Bytes asked of the kernel by one read.</summary>
    public const int InputSize = 64 * 1024;

    /// <summary>
    /// Connections whose output is gathered before it is sent. The first send of a row wakes the peer, the others find it awake: with 64 connections a
    /// request cost 20.5 us of CPU with each sent alone, 18.4 us with 16 (scripts/bench.sh, http1). More gained nothing, and would have the first wait.
    /// </summary>
    private const int Gathered = 16;

    private readonly IReadinessPoller _poller;
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Wake _wake = new();
    private readonly TimeProvider _time;
    private readonly Action<Exception> _onFault;
    private EventSource?[] _sources = new EventSource?[256];
    private Waiting[] _dirty = new Waiting[64];
    private int _dirtyCount;
    private int _flushed;
    private byte[]? _frameInput;
    private uint _generation;
    private long _wallOffset;
    private long _wallSyncedAt = -10_000;

    /// <param name="index">The loop's number, from 0.</param>
    /// <param name="time">Wall clock and monotonic clock.</param>
    /// <param name="onFault">Told of an exception that escaped a connection or a timer: a bug of ours; that connection is closed, the loop goes on.</param>
    /// <param name="poller">What tells readiness; the loop owns it.</param>
    public EventLoop(int index, IReadinessPoller poller, TimeProvider time, Action<Exception> onFault)
    {
        Index = index;
        _poller = poller;
        _time = time;
        _onFault = onFault;
        UpdateClock();
        Timers = new TimerWheel(Now, onFault);
        _wake.Open();
        Add(_wake, edge: false);
    }

    public int Index { get; }

    /// <summary>Milliseconds of a monotonic clock, read once per batch of events.</summary>
    public long Now { get; private set; }

    /// <summary>Milliseconds since 1970 (UTC), read once per batch of events.</summary>
    public long WallNow => Now + _wallOffset;

    /// <summary>Where a connection reads to. Valid only inside one callback.</summary>
    public byte[] Input { get; } = GC.AllocateUninitializedArray<byte>(InputSize, pinned: true);

    /// <summary>
    /// Where HTTP/2 connections read to. One input holds frames of many streams, and what a frame sets off may have an HTTP/1 connection read to
    /// <see cref="Input"/>; HTTP/2 connections read on their own events only, never within one another.
    /// </summary>
    public byte[] FrameInput => _frameInput ??= GC.AllocateUninitializedArray<byte>(InputSize, pinned: true);

    /// <summary>A second scratch buffer, for what a callback builds before it writes.</summary>
    public byte[] Scratch { get; } = GC.AllocateUninitializedArray<byte>(2 * InputSize, pinned: true);

    public TimerWheel Timers { get; }

    public BufferPool Buffers { get; } = new();

    public PipePool Pipes { get; } = new();

    /// <summary>Watches a source whose <see cref="EventSource.Fd"/> is set.</summary>
    public void Add(EventSource source, bool edge = true)
    {
        int fd = source.Fd;
        if (fd >= _sources.Length)
        {
            Array.Resize(ref _sources, Math.Max(fd + 1, _sources.Length * 2));
        }
        source.Generation = ++_generation;
        _sources[fd] = source;
        if (edge)
        {
            _poller.Add(fd, source.Generation);
        }
        else
        {
            _poller.AddLevel(fd, source.Generation);
        }
    }

    /// <summary>Stops watching but leaves the descriptor open, for another owner on this loop.</summary>
    public void Detach(EventSource source)
    {
        _poller.Remove(source.Fd);
        _sources[source.Fd] = null;
    }

    /// <summary>Closes a source's descriptor.</summary>
    public void Close(EventSource source)
    {
        int fd = source.Fd;
        if (fd < 0)
        {
            return;
        }
        _sources[fd] = null;
        source.Fd = -1;
        SocketCalls.Close(fd);
    }

    public void ArmTimer(LoopTimer timer, long delayMilliseconds) => Timers.Arm(timer, Now + Math.Max(delayMilliseconds, 1));

    /// <summary>Runs an action on this loop's thread, soon. Safe from every thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        _wake.Signal();
    }

    /// <summary>Runs until cancelled; the calling thread becomes the loop's.</summary>
    public void Run(CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(_wake.Signal);
        UpdateClock();
        while (!cancellation.IsCancellationRequested)
        {
            int count = _poller.Wait(_posted.IsEmpty ? Timers.NextDelay(Now) : 0);
            UpdateClock();
            for (int i = 0; i < count; i++)
            {
                Readiness events = _poller.Get(i, out int fd, out uint generation);
                EventSource? source = _sources[fd];
                if (source is not null && source.Generation == generation)
                {
                    Dispatch(source, events);
                }
                if (_dirtyCount >= Gathered)
                {
                    FlushDirty();
                }
            }
            Timers.Advance(Now);
            FlushDirty();
            RunPosted();
        }
    }

    public void Dispose()
    {
        Close(_wake);
        Pipes.Close();
        _poller.Dispose();
    }

    /// <summary>Remembers that a connection has output to be sent when the current batch of events is over.</summary>
    internal void MarkDirty(StreamSocket socket)
    {
        if (_dirtyCount == _dirty.Length)
        {
            Array.Resize(ref _dirty, _dirty.Length * 2);
        }
        _dirty[_dirtyCount++].Socket = socket;
    }

    private void Dispatch(EventSource source, Readiness events)
    {
        try
        {
            source.OnEvents(events);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _onFault(e);
            if (source is StreamSocket socket)
            {
                socket.Abort();
            }
        }
    }

    private void FlushDirty()
    {
        // Flushing may make others dirty (back-pressure released): the list grows while we walk it.
        while (_flushed < _dirtyCount)
        {
            ref StreamSocket? slot = ref _dirty[_flushed++].Socket;
            StreamSocket socket = slot!;
            slot = null;
            try
            {
                socket.FlushCorked();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _onFault(e);
                socket.Abort();
            }
        }
        (_flushed, _dirtyCount) = (0, 0);
    }

    private void RunPosted()
    {
        // Bounded by what was there on entry, so that work that posts work cannot starve the sockets.
        for (int n = _posted.IsEmpty ? 0 : _posted.Count; n > 0 && _posted.TryDequeue(out Action? action); n--)
        {
            try
            {
                action();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _onFault(e);
            }
        }
        FlushDirty();
    }

    private void UpdateClock()
    {
        Now = Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
        if (Now - _wallSyncedAt > 1000)
        {
            _wallSyncedAt = Now;
            _wallOffset = _time.GetUtcNow().ToUnixTimeMilliseconds() - Now;
        }
    }

    // A struct around the reference: storing to an array of an abstract class would look up each time whether the type fits.
    private struct Waiting
    {
        public StreamSocket? Socket;
    }

    private sealed unsafe class Wake : EventSource
    {
        public void Open()
        {
            Fd = LibC.eventfd(0, LibC.SockNonBlock | LibC.SockCloseOnExec);
        }

        public void Signal()
        {
            ulong one = 1;
            int fd = Fd;
            if (fd >= 0)
            {
                LibC.write(fd, &one, sizeof(ulong));
            }
        }

        public override void OnEvents(Readiness events)
        {
            ulong count;
            LibC.read(Fd, &count, sizeof(ulong));
        }
    }
}
