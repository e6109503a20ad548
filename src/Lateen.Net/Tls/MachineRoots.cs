using Lateen.Net.Sockets;

namespace Lateen.Net.Tls;

/// <summary>The certificate authorities that the machine trusts: a process that trusts only given roots has no use for them.</summary>
public static unsafe class MachineRoots
{
    /// <summary>
    /// Keeps the runtime's TLS from loading them: it loads all, some hundred milliseconds and several MB, before it verifies its first chain, also
    /// where that chain may end in given roots alone. To be called before the process's first TLS connection and while nothing else reads the environment.
    /// </summary>
    public static void LeaveOut()
    {
        // The runtime looks for OpenSSL's variables in the C environment, which Environment.SetEnvironmentVariable does not write.
        fixed (byte* folder = "SSL_CERT_DIR\0"u8, file = "SSL_CERT_FILE\0"u8, none = "/dev/null/none\0"u8)
        {
            _ = LibC.setenv(folder, none, 1);
            _ = LibC.setenv(file, none, 1);
        }
    }
}
