using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Kubelet;

/// <summary>The node's streaming endpoint: logs, exec, attach and port-forward, for the API endpoint to pass on.</summary>
/// <remarks>HTTPS with a certificate made at each start, as a kubelet without one of its own does; callers need the token.</remarks>
public sealed class KubeletServer : IAsyncDisposable
{
    private readonly KubeletServerOptions _options;
    private readonly ILogger _log;
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _app;

    public KubeletServer(KubeletServerOptions options, IContainerAccess access, ILoggerFactory loggers)
    {
        _options = options;
        _log = loggers.CreateLogger("kubelet");
        _certificate = CreateCertificate(options.Address, options.Time.GetUtcNow());
        var handler = new KubeletHandler(access, options, _log, _stopping.Token);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // A reader of logs may pause for as long as it likes (a pager); upgrades exist in HTTP/1.1 only.
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(_certificate);
            });
        });
        _app = builder.Build();
        _app.Run(handler.HandleAsync);
    }

    /// <summary>The port that is listened on; known after <see cref="StartAsync"/>.</summary>
    public int Port { get; private set; }

    public async Task StartAsync(CancellationToken cancel)
    {
        await _app.StartAsync(cancel);
        var addresses = _app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        Port = new Uri(addresses.First()).Port;
        KubeletLog.Started(_log, _options.Address.ToString(), Port);
    }

    /// <summary>Ends all sessions and stops listening.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stopping.CancelAsync();
        await _app.StopAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _certificate.Dispose();
        _stopping.Dispose();
    }

    private static X509Certificate2 CreateCertificate(IPAddress address, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=lateen-node", key, HashAlgorithmName.SHA256);
        var subjects = new SubjectAlternativeNameBuilder();
        subjects.AddIpAddress(address);
        request.CertificateExtensions.Add(subjects.Build());
        return request.CreateSelfSigned(now.AddHours(-1), now.AddYears(1));
    }
}
