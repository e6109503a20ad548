using System.Runtime.InteropServices;
using System.Text;

namespace Lateen.Interception.Netlink;

/// <summary>Moves threads between network namespaces.</summary>
public static class NetworkNamespace
{
    /// <summary>
    /// Runs work in a network namespace, on a thread of its own that ends with it; child processes that the work starts are in the namespace as well.
    /// </summary>
    /// <param name="path">For example /var/run/netns/NAME or /proc/PID/ns/net.</param>
    /// <exception cref="IOException">There is no such namespace, or entering it is not permitted.</exception>
    public static T Run<T>(string path, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        T result = default!;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                Enter(path);
                result = work();
            }
            catch (Exception e)
            {
                failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    private static void Enter(string path)
    {
        int fd = Libc.Open(Encoding.UTF8.GetBytes(path + '\0'), Libc.OpenReadOnlyCloseOnExec);
        if (fd < 0)
        {
            throw new IOException($"network namespace {path}: {Message()}; give the path of a namespace file, for example /proc/PID/ns/net");
        }

        try
        {
            if (Libc.SetNamespace(fd, Libc.CloneNewNet) != 0)
            {
                throw new IOException($"network namespace {path}: {Message()}; entering one needs the capability SYS_ADMIN");
            }
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private static string Message() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
}
