namespace Lateen.Net.Sockets;

/// <summary>A pipe in the kernel between two sockets: bytes pass from one to the other without coming to this process (splice(2)).</summary>
/// <remarks>Filled only while it is empty, so that "nothing there" always speaks of the socket and never of a full pipe.</remarks>
internal sealed unsafe class SplicePipe
{
    /// <summary>Bytes a pipe may hold at least, where the kernel's limits allow it: the memory that one flow can pin.</summary>
    public const int Capacity = 256 * 1024;

    private readonly int _readEnd;
    private readonly int _writeEnd;

    private SplicePipe(int readEnd, int writeEnd) => (_readEnd, _writeEnd) = (readEnd, writeEnd);

    /// <summary>Bytes in the pipe.</summary>
    public int Count { get; private set; }

    /// <summary>Null when the kernel gives none (out of descriptors).</summary>
    public static SplicePipe? Open()
    {
        int* ends = stackalloc int[2];
        if (LibC.pipe2(ends, LibC.SockNonBlock | LibC.SockCloseOnExec) != 0)
        {
            return null;
        }
        // Beyond the user's share of pipe memory the size stays as it is: slower, no fault.
        _ = LibC.fcntl(ends[1], LibC.SetPipeSize, Capacity);
        return new SplicePipe(ends[0], ends[1]);
    }

    /// <summary>Takes what a socket has; 0 at its end, minus the error number otherwise (-EAGAIN: nothing there yet). The pipe is empty.</summary>
    public int Fill(int from)
    {
        while (true)
        {
            nint n = LibC.splice(from, null, _writeEnd, null, Capacity, LibC.SpliceMove | LibC.SpliceNonBlock);
            if (n >= 0)
            {
                Count += (int)n;
                return (int)n;
            }
            if (LibC.Errno is not LibC.Eintr and var error)
            {
                return -error;
            }
        }
    }

    /// <summary>Gives a socket what it takes; 0 once the pipe is empty, minus the error number otherwise (-EAGAIN: the socket is full).</summary>
    public int Drain(int to)
    {
        while (Count > 0)
        {
            nint n = LibC.splice(_readEnd, null, to, null, Count, LibC.SpliceMove | LibC.SpliceNonBlock);
            if (n > 0)
            {
                Count -= (int)n;
                continue;
            }
            int error = n == 0 ? LibC.Epipe : LibC.Errno;
            if (error != LibC.Eintr)
            {
                return -error;
            }
        }
        return 0;
    }

    public void Close()
    {
        SocketCalls.Close(_readEnd);
        SocketCalls.Close(_writeEnd);
    }
}

/// <summary>A loop's empty pipes, kept for the next flow. Used by one thread.</summary>
internal sealed class PipePool
{
    private const int Kept = 16;

    private readonly Stack<SplicePipe> _free = new();

    /// <summary>Pipes lent since the start.</summary>
    public long Lent { get; private set; }

    /// <summary>An empty pipe; null when the kernel gives none.</summary>
    public SplicePipe? Rent()
    {
        SplicePipe? pipe = _free.TryPop(out SplicePipe? kept) ? kept : SplicePipe.Open();
        Lent += pipe is null ? 0 : 1;
        return pipe;
    }

    /// <summary>Takes a pipe back; one that still holds bytes is of no use to anybody else.</summary>
    public void Return(SplicePipe pipe)
    {
        if (pipe.Count > 0 || _free.Count >= Kept)
        {
            pipe.Close();
        }
        else
        {
            _free.Push(pipe);
        }
    }

    public void Close()
    {
        while (_free.TryPop(out SplicePipe? pipe))
        {
            pipe.Close();
        }
    }
}
