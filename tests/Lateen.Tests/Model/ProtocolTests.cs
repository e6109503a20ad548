using Lateen.Model;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Model;

public sealed class ProtocolTests
{
    [Theory]
    [InlineData(80, "http", "TCP", null, Protocol.Http)]
    [InlineData(80, "HTTP2-web", "TCP", null, Protocol.Http2)]
    [InlineData(80, "grpc-web", "TCP", null, Protocol.GrpcWeb)]
    [InlineData(80, "grpc-web-x", "TCP", null, Protocol.GrpcWeb)]
    [InlineData(80, "http", "UDP", null, Protocol.Udp)]
    [InlineData(80, "tcp", "TCP", "http", Protocol.Http)]
    [InlineData(80, "tcp", "TCP", "kubernetes.io/h2c", Protocol.Http2)]
    [InlineData(80, "httptest", "TCP", null, Protocol.Unsupported)]
    [InlineData(3306, "", "TCP", null, Protocol.Tcp)]
    [InlineData(3306, "http", "TCP", null, Protocol.Http)]
    [InlineData(80, "", "TCP", null, Protocol.Unsupported)]
    public void OfKubernetesPort_FollowsProtocolSelection(int port, string name, string transport, string? app, Protocol expected) =>
        Protocols.OfKubernetesPort(port, name, transport, app).ShouldBe(expected);

    [Theory]
    [InlineData("Grpc-Web", "GRPC-Web")]
    [InlineData("http_proxy", "HTTP_PROXY")]
    [InlineData("MYSQL", "MySQL")]
    [InlineData("HBONE", "UnsupportedProtocol")]
    [InlineData("", "UnsupportedProtocol")]
    public void Parse_IgnoresCase_AndNameIsIstios(string name, string expected) => Protocols.Parse(name).Name().ShouldBe(expected);
}
