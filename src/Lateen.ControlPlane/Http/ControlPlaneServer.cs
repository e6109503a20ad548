using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Lateen.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Http;

/// <summary>The five listening sockets of lateend on one Kestrel, each with its own routes.</summary>
internal sealed class ControlPlaneServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Dictionary<ServerPort, ListenOptions> _listeners = [];

    /// <param name="certificate">Asked in every TLS handshake, so that a renewed certificate is shown at once.</param>
    /// <param name="acceptsClient">Whether a certificate that a client shows is one of the mesh; a client need not show any.</param>
    public ControlPlaneServer(
        DiscoveryOptions options, Func<Task<SslStreamCertificateContext>> certificate, Func<X509Certificate2, bool> acceptsClient, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownDuration);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // xDS streams live for hours with long pauses; pings, not silence, tell that a peer is gone.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = 32 << 20;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            Listen(kestrel, ServerPort.Readiness, options.HttpAddress, HttpProtocols.Http1);
            Listen(kestrel, ServerPort.Xds, options.GrpcAddress, HttpProtocols.Http2);
            Listen(kestrel, ServerPort.SecureXds, options.SecureGrpcAddress, HttpProtocols.Http2, certificate, acceptsClient);
            Listen(kestrel, ServerPort.Monitoring, options.MonitoringAddress, HttpProtocols.Http1);
            Listen(kestrel, ServerPort.Webhooks, options.HttpsAddress, HttpProtocols.Http1AndHttp2, certificate);
        });
        _application = builder.Build();
    }

    /// <summary>Adds the routes of some ports; call before <see cref="StartAsync"/>.</summary>
    public void Map(ReadOnlySpan<ServerPort> ports, Action<IEndpointRouteBuilder> routes)
    {
        var set = ports.ToArray();
        _application.MapWhen(
            context => Array.IndexOf(set, PortOf(context)) >= 0,
            branch => branch.UseRouting().UseEndpoints(routes));
    }

    public Task StartAsync(CancellationToken cancellation) => _application.StartAsync(cancellation);

    /// <summary>The address that is bound: tells the port where 0 was asked for.</summary>
    public IPEndPoint AddressOf(ServerPort port) => _listeners[port].IPEndPoint!;

    /// <summary>Every bound address as Kestrel reports it.</summary>
    public IReadOnlyCollection<string> Addresses =>
        [.. _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    /// <summary>Stops accepting and lets calls end within the shutdown duration.</summary>
    public Task StopAsync(CancellationToken cancellation) => _application.StopAsync(cancellation);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static ServerPort PortOf(HttpContext context) =>
        (ServerPort)context.Features.Get<IConnectionItemsFeature>()!.Items[typeof(ServerPort)]!;

    private void Listen(
        KestrelServerOptions kestrel,
        ServerPort port,
        IPEndPoint address,
        HttpProtocols protocols,
        Func<Task<SslStreamCertificateContext>>? certificate = null,
        Func<X509Certificate2, bool>? acceptsClient = null) =>
        kestrel.Listen(address, listener =>
        {
            _listeners[port] = listener;
            listener.Protocols = protocols;
            listener.Use(next => connection =>
            {
                connection.Items[typeof(ServerPort)] = port;
                return next(connection);
            });
            if (certificate is not null)
            {
                listener.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = async _ => new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = await certificate(),
                        ClientCertificateRequired = acceptsClient is not null,
                        RemoteCertificateValidationCallback =
                            (_, client, _, _) => client is null || (acceptsClient is not null && acceptsClient((X509Certificate2)client)),
                    },
                });
            }
        });
}
