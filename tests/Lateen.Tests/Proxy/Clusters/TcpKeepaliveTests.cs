using System.Net.Sockets;
using Lateen.Proxy.Clusters;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Clusters;

public sealed class TcpKeepaliveTests
{
    [Fact]
    public void Apply_SetsWhatIsConfigured()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        new TcpKeepalive(Probes: 4, TimeSeconds: 77, IntervalSeconds: 0).Apply((int)socket.Handle);

        ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!).ShouldBe(1);
        ((int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)!).ShouldBe(77);
        ((int)socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount)!).ShouldBe(4);
    }
}
