using System.Security.Cryptography.X509Certificates;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Agent.Hosting;
using Lateen.Agent.Identity;
using Lateen.Agent.Settings;
using Lateen.Api;
using Lateen.ControlPlane.Http;
using Lateen.Grpc.Client;
using Lateen.Proxy;
using Lateen.Tests.ControlPlane;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

/// <summary>The agent's certificates, against the real authority of a control plane and against files.</summary>
public sealed class WorkloadSecretsTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("lateen-secrets-");
    private readonly ProxyServer _proxy = new(new ProxyOptions { Concurrency = 1 }, NullLoggerFactory.Instance, TimeProvider.System, new Random(1));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Authority_AskedWithThePodsToken_GivesTheIdentityAndANewOneBeforeTheEnd()
    {
        await using var bed = await ControlPlaneBed.StartAsync(Cancellation);
        Write("var/run/secrets/tokens/istio-token", await bed.TokenAsync("default", "web", "istio-ca", Cancellation));
        Write("var/run/secrets/istio/root-cert.pem", await bed.RootAsync(Cancellation));
        var options = Options(bed.AddressOf(ServerPort.SecureXds).Port);
        using var channel = ControlPlaneChannel.Create(options, options.AuthorityAddress);
        await RunAsync(options, channel, async () =>
        {
            using var first = await NextAsync("");
            Uris(first).ShouldBe("spiffe://cluster.local/ns/default/sa/web");
            (first.NotAfter - DateTime.Now).TotalSeconds.ShouldBeInRange(0, 4.1);
            Root().ShouldBe((await bed.RootAsync(Cancellation)).Trim());

            using var second = await NextAsync(first.SerialNumber);
            second.NotAfter.ShouldBeGreaterThanOrEqualTo(first.NotAfter);
        });
    }

    [Fact]
    public async Task Authority_ThatCannotBeReached_LeavesTheProxyRunningAndMountedFilesAreTakenWhenTheyCome()
    {
        using var identities = new Proxy.Tls.TestIdentities();
        var options = Options(1);
        using var channel = ControlPlaneChannel.Create(options, options.AuthorityAddress);
        await RunAsync(options, channel, async () =>
        {
            var (chain, key) = identities.Workload("mounted");
            Write("etc/certs/key.pem", key);
            Write("etc/certs/root-cert.pem", identities.Authority.RootPem);
            Write("etc/certs/cert-chain.pem", chain);

            using var leaf = await NextAsync("");
            Uris(leaf).ShouldBe("spiffe://cluster.local/ns/default/sa/mounted");
        });
    }

    private AgentOptions Options(int port) => new()
    {
        Role = "sidecar",
        Domain = "default.svc.cluster.local",
        Addresses = ["127.0.0.1"],
        Root = _root.FullName,
        Environment = new Dictionary<string, string> { ["SERVICE_ACCOUNT"] = "web", ["SECRET_TTL"] = "3s" },
        Proxy = new ProxyConfig { DiscoveryAddress = $"localhost:{port}" },
    };

    private async Task RunAsync(AgentOptions options, GrpcChannel channel, Func<Task> use)
    {
        using var stop = new CancellationTokenSource();
        var secrets = new WorkloadSecrets(
            _proxy, new FileMaterial(options), new CertificateRequester(options, channel, NullLogger.Instance),
            new RotationSchedule(0.5, 0.01, new Random(1)), TimeProvider.System, NullLogger.Instance);
        var running = secrets.RunAsync(stop.Token);
        await use();
        await stop.CancelAsync();
        await running;
    }

    // The leaf in force, once it is another than the one seen before.
    private async Task<X509Certificate2> NextAsync(string seen)
    {
        X509Certificate2? leaf = null;
        await ControlPlaneBed.UntilAsync(
            () =>
            {
                var pem = Applied(WorkloadMaterial.KeyName)?.TlsCertificate.CertificateChain.InlineBytes.ToStringUtf8();
                leaf = pem is null ? null : X509Certificate2.CreateFromPem(pem);
                return Task.FromResult(leaf is not null && leaf.SerialNumber != seen);
            },
            () => $"no certificate other than \"{seen}\"", Cancellation);
        return leaf!;
    }

    private string Root() => Applied(WorkloadMaterial.RootName)!.ValidationContext.TrustedCa.InlineBytes.ToStringUtf8().Trim();

    private Secret? Applied(string name) =>
        _proxy.Applied(TypeUrls.Secret).FirstOrDefault(r => r.Name == name)?.Resource.Unpack<Secret>();

    private static string Uris(X509Certificate2 leaf)
    {
        var names = leaf.Extensions.Single(e => e.Oid!.Value == "2.5.29.17").RawData;
        var text = System.Text.Encoding.ASCII.GetString(names);
        return text[text.IndexOf("spiffe", StringComparison.Ordinal)..];
    }

    private void Write(string path, string text)
    {
        var full = Path.Combine(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
