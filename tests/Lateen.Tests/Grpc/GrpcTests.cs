using Envoy.Service.Discovery.V3;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Grpc;

public sealed class GrpcTests : IAsyncLifetime
{
    private static readonly GrpcMethod<DiscoveryRequest, DiscoveryResponse> Unary = new(
        "test.Echo", "Unary", GrpcMarshaller.Of(DiscoveryRequest.Parser), GrpcMarshaller.Of(DiscoveryResponse.Parser));

    private static readonly GrpcMethod<DiscoveryRequest, DiscoveryResponse> Streaming = new(
        "test.Echo", "Stream", Unary.Request, Unary.Response);

    private static readonly GrpcMethod<DiscoveryRequest, DiscoveryResponse> Missing = new(
        "test.Echo", "Missing", Unary.Request, Unary.Response);

    private readonly string _socket = Path.Combine(Path.GetTempPath(), $"lateen-grpc-{Guid.NewGuid():N}.sock");
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _server;
    private GrpcChannel _channel = null!;

    public GrpcTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2);
            k.ListenUnixSocket(_socket, l => l.Protocols = HttpProtocols.Http2);
        });
        _server = builder.Build();
        var options = new GrpcServerOptions { Logger = NullLogger.Instance, MaxMessageLength = 1 << 20 };
        _server.MapGrpcHealth(options, () => true);
        _server.MapGrpcUnary(Unary, options, async (request, call) =>
        {
            switch (request.VersionInfo)
            {
                case "denied":
                    throw new GrpcException(GrpcStatusCode.PermissionDenied, "nö 100%");
                case "bug":
                    throw new InvalidOperationException("secret detail");
                case "slow":
                    await Task.Delay(Timeout.Infinite, call.Cancellation);
                    break;
                default:
                    break;
            }
            return new DiscoveryResponse { VersionInfo = request.VersionInfo, Nonce = string.Join(',', call.Metadata("authorization")) };
        });
        _server.MapGrpcStream(Streaming, options, async (stream, call) =>
        {
            try
            {
                while (await stream.ReadAsync(call.Cancellation) is { Any: true, Message: var request })
                {
                    await stream.WriteAsync(new DiscoveryResponse { VersionInfo = request.VersionInfo }, call.Cancellation);
                }
                await stream.WriteAsync(new DiscoveryResponse { VersionInfo = "half-closed" }, call.Cancellation);
            }
            finally
            {
                if (call.Cancellation.IsCancellationRequested)
                {
                    _cancelled.TrySetResult();
                }
            }
        });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync(Cancellation);
        _channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri(_server.Urls.First(u => u.Contains("127.0.0.1", StringComparison.Ordinal))) });
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Unary_WithMetadata_EchoesBoth()
    {
        var response = await _channel.UnaryAsync(Unary, new DiscoveryRequest { VersionInfo = "v" }, new GrpcCallOptions(
            Metadata: [new("authorization", "Bearer t")]), Cancellation);
        response.VersionInfo.ShouldBe("v");
        response.Nonce.ShouldBe("Bearer t");
    }

    [Theory]
    [InlineData("denied", GrpcStatusCode.PermissionDenied, "nö 100%")]
    [InlineData("bug", GrpcStatusCode.Unknown, "the handler failed; see the server's log")]
    public async Task Unary_HandlerFails_ClientSeesStatusAndText(string version, GrpcStatusCode code, string detail)
    {
        var end = await Should.ThrowAsync<GrpcException>(() => _channel.UnaryAsync(
            Unary, new DiscoveryRequest { VersionInfo = version }, new GrpcCallOptions(), Cancellation));
        end.Code.ShouldBe(code);
        end.Detail.ShouldBe(detail);
    }

    [Fact]
    public async Task Unary_DeadlinePasses_EndsWithDeadlineExceeded() =>
        (await Should.ThrowAsync<GrpcException>(() => _channel.UnaryAsync(
            Unary, new DiscoveryRequest { VersionInfo = "slow" }, new GrpcCallOptions(TimeSpan.FromMilliseconds(50)), Cancellation)))
            .Code.ShouldBe(GrpcStatusCode.DeadlineExceeded);

    [Fact]
    public async Task Unary_MethodNotMapped_IsUnimplemented() =>
        (await Should.ThrowAsync<GrpcException>(() => _channel.UnaryAsync(Missing, new DiscoveryRequest(), new GrpcCallOptions(), Cancellation)))
            .Code.ShouldBe(GrpcStatusCode.Unimplemented);

    [Fact]
    public async Task Unary_NobodyListens_IsUnavailable()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri("http://127.0.0.1:1") });
        (await Should.ThrowAsync<GrpcException>(() => channel.UnaryAsync(Unary, new DiscoveryRequest(), new GrpcCallOptions(), Cancellation)))
            .Code.ShouldBe(GrpcStatusCode.Unavailable);
    }

    [Fact]
    public async Task Unary_MessageOverTheLimit_IsResourceExhausted() =>
        (await Should.ThrowAsync<GrpcException>(() => _channel.UnaryAsync(
            Unary, new DiscoveryRequest { VersionInfo = new string('x', 2 << 20) }, new GrpcCallOptions(), Cancellation)))
            .Code.ShouldBe(GrpcStatusCode.ResourceExhausted);

    [Fact]
    public async Task Stream_RequestsThenHalfClose_AnswersEachThenEnds()
    {
        await using var call = _channel.Start(Streaming, new GrpcCallOptions(), Cancellation);
        for (var i = 0; i < 3; i++)
        {
            await call.WriteAsync(new DiscoveryRequest { VersionInfo = $"{i}" });
            (await call.ReadAsync()).Message.VersionInfo.ShouldBe($"{i}");
        }
        await call.CompleteAsync();
        (await call.ReadAsync()).Message.VersionInfo.ShouldBe("half-closed");
        (await call.ReadAsync()).Any.ShouldBeFalse();
    }

    [Fact]
    public async Task Stream_ClientGoesAway_CancelsTheHandler()
    {
        await using (var call = _channel.Start(Streaming, new GrpcCallOptions(), Cancellation))
        {
            await call.WriteAsync(new DiscoveryRequest { VersionInfo = "1" });
            (await call.ReadAsync()).Any.ShouldBeTrue();
        }
        await _cancelled.Task.WaitAsync(Patience.Limit, Cancellation);
    }

    [Fact]
    public async Task Unary_OverUnixSocket_Works()
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri("http://localhost"), UnixSocketPath = _socket });
        (await channel.UnaryAsync(GrpcHealth.Check, "any", new GrpcCallOptions(), Cancellation)).ShouldBeTrue();
    }
}
