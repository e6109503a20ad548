namespace Lateen.Net.Sockets;

/// <summary>Who is given accepted connections.</summary>
internal interface IAcceptHandler
{
    /// <summary>Takes ownership of the descriptor.</summary>
    void OnAccepted(EventLoop loop, int fd, in IpEndpoint remote);
}

/// <summary>One loop's listening socket; the other loops hold theirs on the same port (SO_REUSEPORT).</summary>
internal sealed class ListenSocket(EventLoop loop, IAcceptHandler handler) : EventSource
{
    private const int BatchSize = 64;
    private const int ExhaustedPauseMilliseconds = 100;

    /// <summary>Starts to accept on a descriptor made by <see cref="SocketCalls.Listen"/>. On the loop's thread.</summary>
    public void Start(int fd)
    {
        Fd = fd;
        loop.Add(this, edge: false);
    }

    public void Stop() => loop.Close(this);

    public override void OnEvents(Readiness events)
    {
        for (int i = 0; i < BatchSize && Fd >= 0; i++)
        {
            int fd = SocketCalls.Accept(Fd, out IpEndpoint remote);
            if (fd >= 0)
            {
                handler.OnAccepted(loop, fd, remote);
                continue;
            }
            if (fd is -LibC.Emfile or -LibC.Enfile or -LibC.Enomem)
            {
                // Out of descriptors: the connection stays in the backlog; without the pause the loop would spin on it.
                loop.Detach(this);
                loop.ArmTimer(new Resume(this, loop), ExhaustedPauseMilliseconds);
            }
            if (fd != -LibC.Eintr)
            {
                return;
            }
        }
    }

    private sealed class Resume(ListenSocket socket, EventLoop loop) : LoopTimer
    {
        public override void OnTimer()
        {
            if (socket.Fd >= 0)
            {
                loop.Add(socket, edge: false);
            }
        }
    }
}
