using System.Buffers;
using System.Text;
using Lateen.Grpc;
using Lateen.Grpc.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Lateen.Tests.Xds;

/// <summary>A gRPC server on a free loopback port that answers /echo.Echo/Who with its name.</summary>
internal sealed class EchoBackend : IAsyncDisposable
{
    private static readonly GrpcMarshaller<string> Raw = new(
        text => Encoding.UTF8.GetByteCount(text),
        (text, output) => output.Write(Encoding.UTF8.GetBytes(text)),
        bytes => Encoding.UTF8.GetString(bytes));

    private static readonly GrpcMethod<string, string> Who = new("echo.Echo", "Who", Raw, Raw);

    private readonly WebApplication _host;

    private EchoBackend(WebApplication host) => _host = host;

    public int Port => new Uri(_host.Urls.First()).Port;

    public static async Task<EchoBackend> StartAsync(string name, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        var host = builder.Build();
        host.MapGrpcUnary(Who, new GrpcServerOptions { Logger = NullLogger.Instance }, (_, _) => Task.FromResult(name));
        await host.StartAsync(cancellation);
        return new EchoBackend(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await _host.DisposeAsync();
    }
}
