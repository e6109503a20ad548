using System.Buffers.Binary;
using System.IO.Compression;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Grpc.Compression;
using Lateen.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Grpc;

/// <summary>gRPC's message compression, both ends of it.</summary>
public sealed class GzipTests : IAsyncLifetime
{
    private const int MaxLength = 100_000;

    private static readonly GrpcMethod<DiscoveryRequest, DiscoveryResponse> Raw = new(
        "test.Gzip", "Raw", GrpcMarshaller.Of(DiscoveryRequest.Parser), GrpcMarshaller.Of(DiscoveryResponse.Parser));

    private static readonly GrpcMethod<DiscoveryRequest, DiscoveryResponse> Compressing = new(
        "test.Gzip", "Compressing", Raw.Request, Raw.Response with { Compress = message => message.Nonce == "plain" ? null : Compress(message) });

    private readonly WebApplication _server;
    private byte[] _raw = [];
    private string? _encoding = "gzip";
    private GrpcChannel _channel = null!;

    public GzipTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        _server = builder.Build();
        _server.MapGrpcUnary(Compressing, new GrpcServerOptions { Logger = NullLogger.Instance }, (request, call) =>
            Task.FromResult(new DiscoveryResponse { VersionInfo = new string('v', 50_000), Nonce = request.ResponseNonce, TypeUrl = string.Join(',', call.Metadata("grpc-accept-encoding")) }));
        _server.MapPost(Raw.Path, (RequestDelegate)(async context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-encoding"] = _encoding;
            await context.Response.Body.WriteAsync(_raw, context.RequestAborted);
            context.Response.AppendTrailer("grpc-status", "0");
        }));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _server.StartAsync(Cancellation);
        _channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri(_server.Urls.First()), MaxMessageLength = MaxLength });
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Message_OfFragmentsAndPlainBytesInAnyOrder_IsOneGzipMemberOfAllOfThem()
    {
        var random = new Random(7);
        var fragments = Enumerable.Range(0, 5).Select(i => Bytes(random, 1 + (i * 20_000))).Select(bytes => (Bytes: bytes, Fragment: GzipFragment.Of([bytes.AsMemory(0, 1), bytes.AsMemory(1)]))).ToList();
        for (var run = 0; run < 50; run++)
        {
            var message = new GzipMessage();
            var expected = new List<byte>();
            for (var i = random.Next(8); i > 0; i--)
            {
                if (random.Next(2) == 0)
                {
                    var (bytes, fragment) = fragments[random.Next(fragments.Count)];
                    message.Add(fragment);
                    expected.AddRange(bytes);
                }
                else
                {
                    var plain = Bytes(random, random.Next(150_000));
                    message.Add(plain);
                    expected.AddRange(plain);
                }
            }

            message.End();
            message.Length.ShouldBe(message.Pieces.Sum(piece => piece.Length));

            // The runtime's reader verifies the checksum and the length.
            using var reader = new GZipStream(new MemoryStream(Bytes(message)), CompressionMode.Decompress);
            using var inflated = new MemoryStream();
            reader.CopyTo(inflated);
            inflated.ToArray().ShouldBe([.. expected]);
        }
    }

    [Fact]
    public async Task Call_ServerCompresses_ClientAnnouncedItAndReadsBothKinds()
    {
        var compressed = await CallAsync(Compressing, "");
        compressed.VersionInfo.Length.ShouldBe(50_000);
        compressed.TypeUrl.ShouldBe("gzip");
        (await CallAsync(Compressing, "plain")).VersionInfo.Length.ShouldBe(50_000);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("identity,deflate", 0)]
    [InlineData("identity, gzip", 1)]
    public async Task Server_CompressesOnlyForThoseWhoAnnounceIt(string? accepts, int flag)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(_server.Urls.First()), Compressing.Path))
        {
            Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(Framed(0, [])),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        if (accepts is not null)
        {
            request.Headers.Add("grpc-accept-encoding", accepts);
        }

        using var response = await client.SendAsync(request, Cancellation);
        response.Headers.Contains("grpc-encoding").ShouldBe(flag == 1);
        ((int)(await response.Content.ReadAsByteArrayAsync(Cancellation))[0]).ShouldBe(flag);
    }

    [Fact]
    public async Task Client_MessageThatInflatesBeyondTheLimit_IsRefusedBeforeItIsInflated()
    {
        _raw = Framed(1, Gzip(new byte[MaxLength + 1]));
        _raw.Length.ShouldBeLessThan(MaxLength / 10);
        var end = await FailureAsync();
        end.Code.ShouldBe(GrpcStatusCode.ResourceExhausted);
        end.Detail.ShouldBe("message of 100001 bytes when inflated is longer than the limit of 100000");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Client_MessageThatLiesOfItsLength_IsRefused(int difference)
    {
        var bytes = Gzip(new byte[5000]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), 5000 + difference);
        _raw = Framed(1, bytes);
        (await FailureAsync()).Detail.ShouldStartWith("compressed message cannot be inflated: ");
    }

    [Fact]
    public async Task Client_TwoMembersThatSayTheLengthOfOne_AreRefused()
    {
        _raw = Framed(1, [.. Gzip(new byte[90_000]), .. Gzip(new byte[90_000])]);
        (await FailureAsync()).Detail.ShouldBe("compressed message cannot be inflated: it says that it holds 90000 bytes and does not");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    public async Task Client_DamagedMessage_IsInternal(int at)
    {
        var bytes = Gzip(Bytes(new Random(1), 5000));
        bytes[^at] ^= 0x55;
        _raw = Framed(1, bytes);
        (await FailureAsync()).Code.ShouldBe(GrpcStatusCode.Internal);
    }

    [Fact]
    public async Task Client_MessageTooShortForGzip_IsInternal()
    {
        _raw = Framed(1, [1, 2, 3]);
        (await FailureAsync()).Detail.ShouldBe("compressed message cannot be inflated: it is too short to be gzip");
    }

    [Fact]
    public async Task Client_CompressedByAnotherEncoding_IsUnimplemented()
    {
        _encoding = "snappy";
        _raw = Framed(1, Gzip(new byte[100]));
        var end = await FailureAsync();
        end.Code.ShouldBe(GrpcStatusCode.Unimplemented);
        end.Detail.ShouldBe("compressed messages are not supported");
    }

    private static byte[] Bytes(Random random, int length)
    {
        // Half of it repeats itself, as configuration does.
        var bytes = new byte[length];
        random.NextBytes(bytes.AsSpan(0, length / 2));
        return bytes;
    }

    private static byte[] Bytes(GzipMessage message) => [.. message.Pieces.SelectMany(piece => piece.ToArray())];

    private static GzipMessage Compress(DiscoveryResponse response)
    {
        var message = new GzipMessage();
        message.Add(GzipFragment.Of([response.ToByteArray()]));
        message.End();
        return message;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }

    private static byte[] Framed(byte flag, byte[] message)
    {
        var framed = new byte[5 + message.Length];
        framed[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    private Task<DiscoveryResponse> CallAsync(GrpcMethod<DiscoveryRequest, DiscoveryResponse> method, string nonce) =>
        _channel.UnaryAsync(method, new DiscoveryRequest { ResponseNonce = nonce }, new GrpcCallOptions(Patience.Limit), Cancellation);

    private Task<GrpcException> FailureAsync() => Should.ThrowAsync<GrpcException>(() => CallAsync(Raw, ""));
}
