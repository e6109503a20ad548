using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Lateen.Sandbox.Node;

/// <summary>Connects from inside another network namespace.</summary>
/// <remarks>
/// A socket stays in the namespace of the thread that made it (network_namespaces(7)). So a thread of its own enters the
/// namespace, makes the socket and ends; the socket is then used like any other.
/// </remarks>
internal static class NetworkNamespaceDialer
{
    private const int NewNetwork = 0x40000000;

    /// <summary>A connection to 127.0.0.1 in a namespace.</summary>
    /// <param name="ns">The namespace's name, as <c>ip netns</c> has it.</param>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    /// <exception cref="IOException">There is no such namespace.</exception>
    public static async Task<Stream> DialAsync(string ns, int port, CancellationToken cancellation)
    {
        Socket socket = await SocketInAsync($"/run/netns/{ns}");
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Task<Socket> SocketInAsync(string path)
    {
        TaskCompletionSource<Socket> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                using SafeFileHandle handle = File.OpenHandle(path);
                if (SetNamespace(handle, NewNetwork) != 0)
                {
                    throw new IOException($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
                }

                done.SetResult(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            }
            catch (Exception error) when (error is IOException or SocketException or UnauthorizedAccessException)
            {
                done.SetException(error);
            }
        })
        {
            IsBackground = true,
            Name = "netns",
        };
        thread.Start();
        return done.Task;
    }

#pragma warning disable SYSLIB1054 // The generated form needs unsafe code; these arguments need no marshalling worth it.
    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(SafeFileHandle handle, int kind);
#pragma warning restore SYSLIB1054
}
