using System.Runtime.InteropServices;

namespace Lateen.Net.Sockets;

/// <summary>Readiness by epoll: one instance per loop, edge-triggered, descriptor and generation in the event's data.</summary>
internal sealed unsafe class EpollPoller : IReadinessPoller
{
    private const int Capacity = 256;

    private readonly int _epoll;
    private readonly EpollEvent* _events;

    public EpollPoller()
    {
        _epoll = LibC.epoll_create1(LibC.SockCloseOnExec);
        if (_epoll < 0)
        {
            throw new InvalidOperationException($"epoll_create1: {LibC.ErrorText(LibC.Errno)}");
        }
        _events = (EpollEvent*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(EpollEvent));
    }

    public void Add(int fd, uint generation) =>
        Control(LibC.EpollAdd, fd, LibC.EpollIn | LibC.EpollOut | LibC.EpollReadHup | LibC.EpollEdge, generation);

    public void AddLevel(int fd, uint generation) => Control(LibC.EpollAdd, fd, LibC.EpollIn, generation);

    public void Remove(int fd) => Control(LibC.EpollDelete, fd, 0, 0);

    public int Wait(int timeoutMilliseconds)
    {
        int n = LibC.epoll_wait(_epoll, _events, Capacity, timeoutMilliseconds);
        return Math.Max(n, 0); // -1 is EINTR here: the loop simply comes round again.
    }

    public Readiness Get(int index, out int fd, out uint generation)
    {
        EpollEvent e = _events[index];
        fd = (int)(uint)e.Data;
        generation = (uint)(e.Data >> 32);
        Readiness ready = (e.Events & LibC.EpollIn) != 0 ? Readiness.Readable : Readiness.None;
        if ((e.Events & LibC.EpollOut) != 0)
        {
            ready |= Readiness.Writable;
        }
        if ((e.Events & LibC.EpollReadHup) != 0)
        {
            ready |= Readiness.PeerClosed;
        }
        if ((e.Events & (LibC.EpollErr | LibC.EpollHup)) != 0)
        {
            ready |= Readiness.Failed;
        }
        return ready;
    }

    public void Dispose()
    {
        _ = LibC.close(_epoll);
        NativeMemory.Free(_events);
    }

    private void Control(int operation, int fd, uint events, uint generation)
    {
        EpollEvent e = new() { Events = events, Data = (uint)fd | ((ulong)generation << 32) };
        _ = LibC.epoll_ctl(_epoll, operation, fd, &e);
    }
}
