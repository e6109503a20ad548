using System.Runtime.InteropServices;

namespace Lateen.Interception.Netlink;

/// <summary>The few system calls that the base library does not offer. All arguments are blittable.</summary>
internal static class Libc
{
    public const int AddressFamilyNetlink = 16;
    public const int SocketRaw = 3;
    public const int SocketCloseOnExec = 0x80000;
    public const int CloneNewNet = 0x40000000;
    public const int OpenReadOnlyCloseOnExec = 0x80000;

    [DllImport("libc", EntryPoint = "socket", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Socket(int family, int type, int protocol);

    [DllImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Send(int fd, byte[] buffer, nint length, int flags);

    [DllImport("libc", EntryPoint = "recv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern nint Receive(int fd, byte[] buffer, nint length, int flags);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int Close(int fd);

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetNamespace(int fd, int kind);

    [DllImport("libc", EntryPoint = "setfsuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetFileSystemUser(uint id);

    [DllImport("libc", EntryPoint = "setfsgid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    public static extern int SetFileSystemGroup(uint id);
}
