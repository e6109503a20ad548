using System.Runtime.InteropServices;

namespace Lateen.Net.Sockets;

/// <summary>What the proxy asks of a socket, each a short sequence of system calls. Results are values; nothing throws.</summary>
internal static unsafe class SocketCalls
{
    private const int AddressCapacity = 128;

    /// <summary>
    /// Opens a listening socket that shares its port with those of the other loops. Returns the descriptor or minus the error number.
    /// </summary>
    public static int Listen(in IpEndpoint address, ListenFlags flags)
    {
        int fd = LibC.socket(Family(address), LibC.SockStream | LibC.SockNonBlock | LibC.SockCloseOnExec, 0);
        if (fd < 0)
        {
            return -LibC.Errno;
        }
        LibC.SetOption(fd, LibC.SolSocket, LibC.SoReuseAddr, 1);
        LibC.SetOption(fd, LibC.SolSocket, LibC.SoReusePort, 1);
        if (address.IsIpv6)
        {
            LibC.SetOption(fd, LibC.SolIpv6, LibC.Ipv6Only, flags.HasFlag(ListenFlags.DualStack) ? 0 : 1);
        }
        if (flags.HasFlag(ListenFlags.Transparent) && !SetTransparent(fd, address.IsIpv6))
        {
            return CloseWithError(fd);
        }
        byte* buffer = stackalloc byte[AddressCapacity];
        int length = address.WriteSocketAddress(new Span<byte>(buffer, AddressCapacity));
        return LibC.bind(fd, buffer, (uint)length) != 0 || LibC.listen(fd, 4096) != 0 ? CloseWithError(fd) : fd;
    }

    /// <summary>Accepts one connection. Returns the descriptor or minus the error number.</summary>
    public static int Accept(int listener, out IpEndpoint remote)
    {
        byte* buffer = stackalloc byte[AddressCapacity];
        uint length = AddressCapacity;
        int fd = LibC.accept4(listener, buffer, &length, LibC.SockNonBlock | LibC.SockCloseOnExec);
        if (fd < 0)
        {
            remote = default;
            return -LibC.Errno;
        }
        remote = IpEndpoint.ReadSocketAddress(new ReadOnlySpan<byte>(buffer, AddressCapacity));
        LibC.SetOption(fd, LibC.SolTcp, LibC.TcpNoDelay, 1);
        return fd;
    }

    /// <summary>
    /// Starts a connection without waiting. Returns the descriptor (the connection may still be in progress) or minus the error number.
    /// </summary>
    /// <param name="remote">Where to.</param>
    /// <param name="source">Where from.</param>
    public static int Connect(in IpEndpoint remote, in ConnectSource source)
    {
        int fd = LibC.socket(Family(remote), LibC.SockStream | LibC.SockNonBlock | LibC.SockCloseOnExec, 0);
        if (fd < 0)
        {
            return -LibC.Errno;
        }
        LibC.SetOption(fd, LibC.SolTcp, LibC.TcpNoDelay, 1);
        byte* buffer = stackalloc byte[AddressCapacity];
        Span<byte> span = new(buffer, AddressCapacity);
        if (source.Mark != 0 && !LibC.SetOption(fd, LibC.SolSocket, LibC.SoMark, (int)source.Mark))
        {
            return CloseWithError(fd);
        }
        if (source.Address.IsValid && source.Address.IsIpv6 == remote.IsIpv6)
        {
            if (source.IsTransparent && !SetTransparent(fd, remote.IsIpv6))
            {
                return CloseWithError(fd);
            }
            // Without this the kernel would pick the port at bind, where it must be free towards every destination at once.
            LibC.SetOption(fd, LibC.SolIp, LibC.IpBindAddressNoPort, 1);
            if (LibC.bind(fd, buffer, (uint)source.Address.WriteSocketAddress(span)) != 0)
            {
                return CloseWithError(fd);
            }
        }
        int result = LibC.connect(fd, buffer, (uint)remote.WriteSocketAddress(span));
        return result != 0 && LibC.Errno is not (LibC.Einprogress or LibC.Eintr) ? CloseWithError(fd) : fd;
    }

    /// <summary>The pending error of a socket (SO_ERROR), 0 when there is none.</summary>
    public static int TakeError(int fd)
    {
        int value = 0;
        uint length = sizeof(int);
        return LibC.getsockopt(fd, LibC.SolSocket, LibC.SoError, &value, &length) == 0 ? value : LibC.Errno;
    }

    public static IpEndpoint LocalAddress(int fd)
    {
        byte* buffer = stackalloc byte[AddressCapacity];
        uint length = AddressCapacity;
        return LibC.getsockname(fd, buffer, &length) == 0
            ? IpEndpoint.ReadSocketAddress(new ReadOnlySpan<byte>(buffer, AddressCapacity))
            : default;
    }

    /// <summary>
    /// The destination before an iptables REDIRECT, or the default value when the kernel knows none. A connection that was not redirected
    /// gives its own local address: compare with <see cref="LocalAddress"/>.
    /// </summary>
    public static IpEndpoint OriginalDestination(int fd, bool ipv6)
    {
        byte* buffer = stackalloc byte[AddressCapacity];
        uint length = ipv6 ? 28u : 16u;
        int level = ipv6 ? LibC.SolIpv6 : LibC.SolIp;
        return LibC.getsockopt(fd, level, LibC.SoOriginalDst, buffer, &length) == 0
            ? IpEndpoint.ReadSocketAddress(new ReadOnlySpan<byte>(buffer, AddressCapacity))
            : default;
    }

    /// <summary>Bytes read; 0 at the end of the stream; minus the error number otherwise (-EAGAIN: nothing there yet).</summary>
    public static int Receive(int fd, Span<byte> buffer)
    {
        fixed (byte* p = &MemoryMarshal.GetReference(buffer))
        {
            nint n = LibC.recv(fd, p, buffer.Length, LibC.MsgDontWait);
            return n >= 0 ? (int)n : -LibC.Errno;
        }
    }

    /// <summary>Bytes taken by the kernel, or minus the error number (-EAGAIN: full).</summary>
    public static int Send(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* p = &MemoryMarshal.GetReference(data))
        {
            nint n = LibC.send(fd, p, data.Length, LibC.MsgDontWait | LibC.MsgNoSignal);
            return n >= 0 ? (int)n : -LibC.Errno;
        }
    }

    /// <summary>Sends two spans by one call; the count returned runs over both.</summary>
    public static int Send(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        fixed (byte* a = &MemoryMarshal.GetReference(first), b = &MemoryMarshal.GetReference(second))
        {
            IoVector* vectors = stackalloc IoVector[2];
            vectors[0] = new IoVector { Base = a, Length = first.Length };
            vectors[1] = new IoVector { Base = b, Length = second.Length };
            MessageHeader message = new() { Vectors = vectors, VectorCount = 2 };
            nint n = LibC.sendmsg(fd, &message, LibC.MsgDontWait | LibC.MsgNoSignal);
            return n >= 0 ? (int)n : -LibC.Errno;
        }
    }

    public static void ShutdownWrite(int fd) => _ = LibC.shutdown(fd, LibC.ShutWrite);

    public static void Close(int fd) => _ = LibC.close(fd);

    private static int Family(in IpEndpoint address) => address.IsIpv6 ? LibC.AfInet6 : LibC.AfInet;

    private static bool SetTransparent(int fd, bool ipv6) => ipv6
        ? LibC.SetOption(fd, LibC.SolIpv6, LibC.Ipv6Transparent, 1)
        : LibC.SetOption(fd, LibC.SolIp, LibC.IpTransparent, 1);

    private static int CloseWithError(int fd)
    {
        int errno = LibC.Errno;
        _ = LibC.close(fd);
        return -errno;
    }
}

/// <summary>Where a connection comes from; the default value leaves it to the kernel.</summary>
/// <param name="Address">The local address, port 0 for any port; one of another family than the destination's is not used.</param>
/// <param name="IsTransparent">The address need not be one of this host (IP_TRANSPARENT; wants CAP_NET_ADMIN).</param>
/// <param name="Mark">SO_MARK, by which routing rules know the connection (wants CAP_NET_ADMIN); 0: none.</param>
internal readonly record struct ConnectSource(IpEndpoint Address, bool IsTransparent = false, uint Mark = 0);

/// <summary>How a listening socket is opened.</summary>
[Flags]
internal enum ListenFlags
{
    None = 0,

    /// <summary>TPROXY: accept connections whose destination is not an address of this host.</summary>
    Transparent = 1,

    /// <summary>An IPv6 listener takes IPv4 connections as well (Envoy: ipv4_compat).</summary>
    DualStack = 2,
}
