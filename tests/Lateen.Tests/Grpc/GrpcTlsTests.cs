using System.Net;
using System.Security.Cryptography.X509Certificates;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Grpc.Server;
using Lateen.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Grpc;

/// <summary>The way to the control plane: TLS to a private root, under a name that is not the address's.</summary>
public sealed class GrpcTlsTests : IAsyncLifetime
{
    private const string Name = "istiod.istio-system.svc";
    private readonly CertificateAuthority _authority = CertificateAuthority.CreateSelfSigned("cluster.local", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
    private readonly CertificateAuthority _other = CertificateAuthority.CreateSelfSigned("cluster.local", DateTimeOffset.UtcNow, TimeSpan.FromDays(1));
    private readonly X509Certificate2 _certificate;
    private readonly WebApplication _server;

    public GrpcTlsTests()
    {
        _certificate = _authority.IssueServing([Name], DateTimeOffset.UtcNow, TimeSpan.FromHours(1)).ToCertificate();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = HttpProtocols.Http2;
            l.UseHttps(_certificate);
        }));
        _server = builder.Build();
        _server.MapGrpcHealth(new GrpcServerOptions { Logger = NullLogger.Instance }, () => true);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _server.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificate.Dispose();
        _authority.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Call_RootAndNameMatch_Succeeds() => (await CheckAsync(_authority, Name)).ShouldBeTrue();

    [Fact]
    public async Task Call_CertificateOfAnotherRoot_IsUnavailable() =>
        (await Should.ThrowAsync<GrpcException>(() => CheckAsync(_other, Name))).Code.ShouldBe(GrpcStatusCode.Unavailable);

    [Fact]
    public async Task Call_NameNotInTheCertificate_IsUnavailable() =>
        (await Should.ThrowAsync<GrpcException>(() => CheckAsync(_authority, "evil.example"))).Code.ShouldBe(GrpcStatusCode.Unavailable);

    private async Task<bool> CheckAsync(CertificateAuthority trusted, string name)
    {
        using var channel = new GrpcChannel(new GrpcChannelOptions
        {
            Address = new Uri(_server.Urls.First()),
            ServerName = name,
            TrustedRoots = () => [X509Certificate2.CreateFromPem(trusted.RootPem)],
        });
        return await channel.UnaryAsync(GrpcHealth.Check, "", new GrpcCallOptions(Patience.Limit), Cancellation);
    }
}
