using System.Net;
using System.Net.Sockets;

namespace Lateen.Sandbox.Api;

/// <summary>Makes listening sockets on addresses that no interface has yet (ip(7), IP_FREEBIND).</summary>
internal static class FreeBind
{
    private const int IpLevel = 0;
    private const int FreeBindOption = 15;

    public static Socket Listen(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint.AddressFamily == AddressFamily.InterNetwork)
            {
                socket.SetRawSocketOption(IpLevel, FreeBindOption, BitConverter.GetBytes(1));
            }

            socket.Bind(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
