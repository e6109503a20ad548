using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Lateen.Net.Sockets;

/// <summary>The system calls of the event loop, blittable, with no exception and no allocation on any path.</summary>
/// <remarks>
/// Calls return what the kernel returns; <see cref="Errno"/> is only meaningful right after a call that returned -1.
/// Numbers are those of Linux (x64 and arm64 agree on every one used here, except for the epoll_event layout).
/// </remarks>
internal static unsafe class LibC
{
    public const int AfInet = 2, AfInet6 = 10, SockStream = 1, SockNonBlock = 0x800, SockCloseOnExec = 0x80000;
    public const int SolSocket = 1, SoReuseAddr = 2, SoError = 4, SoKeepAlive = 9, SoLinger = 13, SoReusePort = 15, SoMark = 36;
    public const int SolIp = 0, IpTransparent = 19, IpBindAddressNoPort = 24, SoOriginalDst = 80;
    public const int SolIpv6 = 41, Ipv6Only = 26, Ipv6Transparent = 75;
    public const int SolTcp = 6, TcpNoDelay = 1, TcpKeepIdle = 4, TcpKeepInterval = 5, TcpKeepCount = 6;
    public const int MsgDontWait = 0x40, MsgNoSignal = 0x4000;
    public const int EpollAdd = 1, EpollDelete = 2, EpollModify = 3;
    public const uint EpollIn = 1, EpollOut = 4, EpollErr = 8, EpollHup = 0x10, EpollReadHup = 0x2000, EpollEdge = 1u << 31;
    public const int Eintr = 4, Eagain = 11, Emfile = 24, Enfile = 23, Enomem = 12, Epipe = 32, Eproto = 71, Enotconn = 107, Econnrefused = 111,
        Einprogress = 115, Econnreset = 104;
    public const int ShutWrite = 1;
    public const int SetPipeSize = 1031;
    public const uint SpliceMove = 1, SpliceNonBlock = 2;

    private const string C = "libc";

    [DllImport(C)] public static extern int socket(int domain, int type, int protocol);
    [DllImport(C)] public static extern int bind(int fd, void* address, uint length);
    [DllImport(C)] public static extern int listen(int fd, int backlog);
    [DllImport(C)] public static extern int connect(int fd, void* address, uint length);
    [DllImport(C)] public static extern int accept4(int fd, void* address, uint* length, int flags);
    [DllImport(C)] public static extern int setsockopt(int fd, int level, int name, void* value, uint length);
    [DllImport(C)] public static extern int getsockopt(int fd, int level, int name, void* value, uint* length);
    [DllImport(C)] public static extern int getsockname(int fd, void* address, uint* length);
    [DllImport(C)] public static extern int close(int fd);
    [DllImport(C)] public static extern int malloc_trim(nuint pad);
    [DllImport(C)] public static extern int shutdown(int fd, int how);
    [DllImport(C)] public static extern int setenv(byte* name, byte* value, int overwrite);
    [DllImport(C)] public static extern int epoll_create1(int flags);
    [DllImport(C)] public static extern int epoll_ctl(int epoll, int operation, int fd, EpollEvent* e);
    [DllImport(C)] public static extern int epoll_wait(int epoll, EpollEvent* events, int capacity, int timeoutMilliseconds);
    [DllImport(C)] public static extern int eventfd(uint initial, int flags);
    [DllImport(C)] public static extern nint recv(int fd, void* buffer, nint length, int flags);
    [DllImport(C)] public static extern nint send(int fd, void* buffer, nint length, int flags);
    [DllImport(C)] public static extern nint sendmsg(int fd, MessageHeader* message, int flags);
    [DllImport(C)] public static extern nint read(int fd, void* buffer, nint length);
    [DllImport(C)] public static extern nint write(int fd, void* buffer, nint length);
    [DllImport(C)] public static extern int pipe2(int* ends, int flags);
    [DllImport(C)] public static extern nint splice(int from, long* fromOffset, int to, long* toOffset, nint length, uint flags);
    [DllImport(C)] public static extern int fcntl(int fd, int command, nint argument);
    [DllImport(C)] public static extern int open(byte* path, int flags, int mode);
    [DllImport(C), SuppressGCTransition] private static extern int* __errno_location();

    public static int Errno => *__errno_location();

    /// <summary>Sets a 32-bit socket option; the caller decides whether a failure matters.</summary>
    public static bool SetOption(int fd, int level, int name, int value) => setsockopt(fd, level, name, &value, sizeof(int)) == 0;

    /// <summary>The text of the error numbers that a proxy meets, as the C library prints them.</summary>
    public static string ErrorText(int errno) => errno switch
    {
        Econnrefused => "Connection refused",
        Econnreset => "Connection reset by peer",
        Epipe => "Broken pipe",
        13 => "Permission denied",
        98 => "Address already in use",
        99 => "Cannot assign requested address",
        101 => "Network is unreachable",
        110 => "Connection timed out",
        113 => "No route to host",
        Emfile => "Too many open files",
        _ => $"errno {errno}",
    };
}

/// <summary>struct epoll_event of x64, where the kernel packs it into 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    public uint Events;
    public ulong Data;
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public void* Base;
    public nint Length;
}

/// <summary>struct msghdr without address and control data.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nint VectorCount;
    public void* Control;
    public nint ControlLength;
    public int Flags;
}
