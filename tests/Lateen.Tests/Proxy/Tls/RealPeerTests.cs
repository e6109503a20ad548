using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Tls;

/// <summary>TLS against the programs that people use: openssl and curl.</summary>
public sealed class RealPeerTests : IDisposable
{
    private const string LastRequest = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

    private readonly TestIdentities _identities = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-tls-").FullName;

    public RealPeerTests() => Write("root.pem", _identities.Authority.RootPem);

    public void Dispose()
    {
        _identities.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task OpensslClient_WithASession_ResumesIt(string version)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = Serve(backend);
        string session = Path.Combine(_folder, "session");
        string[] common = ["s_client", "-connect", bed.At().ToString(), "-servername", "a.example", "-CAfile", Path.Combine(_folder, "root.pem"), "-ign_eof", version];

        (await Tool.RunAsync("openssl", LastRequest, [.. common, "-sess_out", session])).ShouldContain("New, TLSv1");
        string second = await Tool.RunAsync("openssl", LastRequest, [.. common, "-sess_in", session]);

        second.ShouldContain("Reused, TLSv1");
        second.ShouldContain("HTTP/1.1 200 OK");
        second.ShouldContain("Verify return code: 0 (ok)");
        await bed.StatShouldBecomeAsync("ssl.session_reused", 1);
    }

    [Fact]
    public async Task Curl_TrustingTheRoot_IsAnswered()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed bed = Serve(backend);
        int port = bed.At().Port;

        string answer = await Tool.RunAsync(
            "curl", "", "-sS", "--http1.1", "--cacert", Path.Combine(_folder, "root.pem"), "--resolve", $"a.example:{port}:127.0.0.1",
            $"https://a.example:{port}/", "-w", "|%{http_code}|%{ssl_verify_result}");

        answer.ShouldBe("end|200|0");
    }

    [Fact]
    public async Task Curl_OfferedHttp2_UsesIt()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok(new string('x', 100_000) + "end"));
        await using ProxyBed bed = Serve(backend, "h2", "http/1.1");
        int port = bed.At().Port;

        string answer = await Tool.RunAsync(
            "curl", "", "-sS", "--http2", "--cacert", Path.Combine(_folder, "root.pem"), "--resolve", $"a.example:{port}:127.0.0.1",
            $"https://a.example:{port}/", "-w", "|%{http_code}|%{http_version}");

        answer.ShouldEndWith("xend|200|2");
        answer.Length.ShouldBe(100_003 + "|200|2".Length);
    }

    [Fact]
    public async Task OpensslServer_RequiringAClientCertificate_IsCalled()
    {
        (string chain, string key) = _identities.Workload("server");
        Process server = Tool.Start(
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", Write("server.pem", chain), "-key", Write("server.key", key),
            "-CAfile", Path.Combine(_folder, "root.pem"), "-Verify", "2", "-verify_return_error", "-www");
        try
        {
            int port = await AcceptPortAsync(server);
            await using ProxyBed client = new();
            client.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("client")), _identities.RootSecret(TlsBed.RootName));
            client.CallTls(
                new IPEndPoint(IPAddress.Loopback, port),
                TlsBed.Client(TlsBed.Common(trust: true, "spiffe://cluster.local/ns/default/sa/server"), "server.example"));

            string answer = await ProxyBed.Exchange(client.At("out"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.Contains("</html>", StringComparison.OrdinalIgnoreCase));

            answer.ShouldContain("TLSv1.3");
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            server.Dispose();
        }
    }

    [Fact]
    public async Task Client_WhoseCertificateIsRevoked_IsRefused()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        (string, string) revoked = _identities.Workload("revoked");
        await using ProxyBed bed = new();
        Secret trust = _identities.RootSecret(TlsBed.RootName);
        trust.ValidationContext.Crl = new() { InlineBytes = ByteString.CopyFromUtf8(RevocationList(revoked.Item1)) };
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("server")), trust);
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: true), requireClient: true));

        using (TlsClient good = await TlsClient.ConnectAsync(bed.At(), _identities, certificate: _identities.Workload("good")))
        {
            (await good.AskAsync()).ShouldStartWith("HTTP/1.1 200");
        }
        await Should.ThrowAsync<Exception>(async () =>
        {
            using TlsClient bad = await TlsClient.ConnectAsync(bed.At(), _identities, certificate: revoked);
            if ((await bad.AskAsync()).Length == 0)
            {
                throw new IOException("closed without an answer");
            }
        });

        await bed.StatShouldBecomeAsync("ssl.fail_verify_error", 1);
    }

    [Fact]
    public async Task Passthrough_BySni_ReachesTheServerThatEndsTls()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed gateway = new();
        Listener listener = new() { Name = "gateway", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)) };
        listener.ListenerFilters.Add(new ListenerFilter { Name = "envoy.filters.listener.tls_inspector", TypedConfig = ProxyBed.Pack(new TlsInspector()) });
        FilterChain chain = new() { Name = "passthrough", FilterChainMatch = new() { ServerNames = { "a.example" } } };
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "tcp", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "server" }),
        });
        listener.FilterChains.Add(chain);
        gateway.Apply(TypeUrls.Cluster, ProxyBed.Eds("server"));
        gateway.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("server", server.At()));
        gateway.Apply(TypeUrls.Listener, listener);

        using TlsClient client = await TlsClient.ConnectAsync(gateway.At("gateway"), _identities);
        (await client.AskAsync()).ShouldStartWith("HTTP/1.1 200");

        await Should.ThrowAsync<Exception>(() => TlsClient.ConnectAsync(gateway.At("gateway"), _identities, "b.example"));
    }

    private ProxyBed Serve(Backend backend, params string[] protocols)
    {
        ProxyBed bed = new();
        CommonTlsContext common = TlsBed.Common(trust: false);
        common.AlpnProtocols.AddRange(protocols);
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        bed.ServeTls(backend.At, TlsBed.Server(common));
        return bed;
    }

    private string RevocationList(string leafPem)
    {
        using X509Certificate2 leaf = X509Certificate2.CreateFromPem(leafPem);
        using X509Certificate2 issuer = X509Certificate2.CreateFromPem(_identities.Authority.RootPem, _identities.Authority.ExportKeyPem());
        CertificateRevocationListBuilder list = new();
        list.AddEntry(leaf);
        byte[] der = issuer.GetECDsaPrivateKey() is not null
            ? list.Build(issuer, 1, DateTimeOffset.UtcNow.AddHours(1), HashAlgorithmName.SHA256)
            : list.Build(issuer, 1, DateTimeOffset.UtcNow.AddHours(1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return PemEncoding.WriteString("X509 CRL", der);
    }

    private static async Task<int> AcceptPortAsync(Process server)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (await server.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("ACCEPT ", StringComparison.Ordinal))
            {
                return int.Parse(line[(line.LastIndexOf(':') + 1)..]);
            }
        }
        throw new InvalidOperationException("s_server ended: " + await server.StandardError.ReadToEndAsync(limit.Token));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
