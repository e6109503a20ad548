using Envoy.Extensions.TransportSockets.Tls.V3;
using Lateen.Proxy.Workers;
using Shouldly;
using System.Net.Sockets;
using Xunit;

namespace Lateen.Tests.Proxy.Tls;

/// <summary>Two proxies with mutual TLS between them.</summary>
public sealed class UpstreamTlsTests : IDisposable
{
    private const string Request = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    private const string ServerId = "spiffe://cluster.local/ns/default/sa/server";

    private readonly TestIdentities _identities = new();

    public void Dispose() => _identities.Dispose();

    [Fact]
    public async Task Request_BetweenTwoSidecars_CrossesMutualTls()
    {
        await using Backend backend = Backend.Http(r => DownstreamTlsTests.Answer(r, _ => { }));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = Call(server, ServerId);

        string answer = await ProxyBed.Exchange(client.At("out"), Request, t => t.EndsWith("end"));

        answer.ShouldStartWith("HTTP/1.1 200 OK");
        await server.StatShouldBecomeAsync("ssl.handshake", 1);
        server.Stat("ssl.no_certificate").ShouldBe(0);
        client.Stat("cluster.peer.ssl.handshake").ShouldBe(1);
    }

    [Fact]
    public async Task Requests_ByHttp2BetweenTwoSidecars_ShareOneTlsConnection()
    {
        await using Backend backend = Backend.Http(r => DownstreamTlsTests.Answer(r, _ => { }));
        await using ProxyBed server = Serve(backend, "h2", "http/1.1");
        await using ProxyBed client = Call(server, ServerId, http2: true);

        for (int i = 0; i < 5; i++)
        {
            (await ProxyBed.Exchange(client.At("out"), Request, t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200 OK");
        }

        client.Stat("cluster.peer.ssl.handshake").ShouldBe(1);
        client.Stat("cluster.peer.upstream_cx_http2_total").ShouldBe(1);
    }

    [Theory]
    [InlineData("a.example", "a.example", "200")]
    [InlineData("b.example", "b.example", "503")]
    [InlineData("127.0.0.1", "", "503")]
    public async Task AutoSni_WithSanValidation_AsksForTheRequestsHostAndNoOther(string host, string sni, string status)
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed server = new();
        server.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        string seen = Path.GetTempFileName();
        try
        {
            server.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: false)), m => m.AccessLog.Add(new Envoy.Config.Accesslog.V3.AccessLog
            {
                Name = "file",
                TypedConfig = ProxyBed.Pack(new Envoy.Extensions.AccessLoggers.File.V3.FileAccessLog
                {
                    Path = seen, LogFormat = new() { TextFormatSource = new() { InlineString = "%REQUESTED_SERVER_NAME%\n" } },
                }),
            }));
            await using ProxyBed client = new();
            client.Secrets(_identities.RootSecret(TlsBed.RootName));
            CommonTlsContext common = new()
            {
                CombinedValidationContext = new() { DefaultValidationContext = new(), ValidationContextSdsSecretConfig = TlsBed.Sds(TlsBed.RootName) },
            };
            client.CallTls(server.At(), TlsBed.Client(common), c => c.TypedExtensionProtocolOptions["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"] =
                ProxyBed.Pack(new Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions
                {
                    ExplicitHttpConfig = new() { HttpProtocolOptions = new() },
                    UpstreamHttpProtocolOptions = new() { AutoSni = true, AutoSanValidation = true },
                }));

            string answer = await ProxyBed.Exchange(
                client.At("out"), $"GET / HTTP/1.1\r\nHost: {host}:8443\r\n\r\n", t => t.EndsWith("end") || t.Contains("VERIFY_FAILED"));

            answer.ShouldStartWith("HTTP/1.1 " + status);
            if (status == "200")
            {
                await server.StatShouldBecomeAsync("ssl.versions.TLSv1.3", 1);
                server.Stat("ssl.ciphers.TLS_AES_256_GCM_SHA384").ShouldBe(1);
                await Eventually(() => File.ReadAllText(seen) == sni + "\n");
            }
        }
        finally
        {
            File.Delete(seen);
        }
    }

    private static async Task Eventually(Func<bool> holds)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (!holds())
        {
            limit.IsCancellationRequested.ShouldBeFalse("it did not come to it in 10 s");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task HealthCheck_OfAClusterWithTls_SpeaksTls()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = new();
        client.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("client")), _identities.RootSecret(TlsBed.RootName));
        client.CallTls(server.At(), TlsBed.Client(TlsBed.Common(trust: true, ServerId)), c => c.HealthChecks.Add(new Envoy.Config.Core.V3.HealthCheck
        {
            Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(5)),
            Interval = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMilliseconds(20)),
            HealthyThreshold = 1,
            UnhealthyThreshold = 1,
            HttpHealthCheck = new() { Path = "/" },
        }));

        await client.StatShouldBecomeAsync("cluster.peer.health_check.healthy", 1);

        (await ProxyBed.Exchange(client.At("out"), Request, t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task Server_OfAnotherIdentity_IsNotTalkedTo()
    {
        await using Backend backend = Backend.Http(r => DownstreamTlsTests.Answer(r, _ => { }));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = Call(server, "spiffe://cluster.local/ns/default/sa/other");

        string answer = await ProxyBed.Exchange(client.At("out"), Request, t => t.Contains("TLS_error_end"));

        answer.ShouldStartWith("HTTP/1.1 503");
        answer.ShouldContain("reset reason: remote connection failure, transport failure reason: TLS_error:|");
        answer.ShouldContain("CERTIFICATE_VERIFY_FAILED|verify SAN list:TLS_error_end");
        client.Stat("cluster.peer.ssl.fail_verify_san").ShouldBeGreaterThan(0);
        backend.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Connection_AfterTheFirst_ResumesItsSession()
    {
        await using Backend backend = Backend.Http(r => DownstreamTlsTests.Answer(r, _ => { }));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = Call(server, ServerId, c => c.MaxRequestsPerConnection = 1);

        for (int i = 0; i < 4; i++)
        {
            (await ProxyBed.Exchange(client.At("out"), Request, t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
        }

        client.Stat("cluster.peer.ssl.session_reused").ShouldBe(3);
        await server.StatShouldBecomeAsync("ssl.session_reused", 3);
        server.Stat("ssl.no_certificate").ShouldBe(0, "a resumed session knows its peer");
    }

    [Fact]
    public async Task Endpoint_WithoutTlsMode_IsSpokenToInPlain()
    {
        await using Backend backend = Backend.Http(r => DownstreamTlsTests.Answer(r, _ => { }));
        await using ProxyBed client = new();
        client.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("client")), _identities.RootSecret(TlsBed.RootName));
        client.CallTls(backend.At, TlsBed.Client(TlsBed.Common(trust: true)), c =>
        {
            c.TransportSocketMatches.Add(new Envoy.Config.Cluster.V3.Cluster.Types.TransportSocketMatch
            {
                Name = "tlsMode-istio",
                Match = new() { Fields = { ["tlsMode"] = Google.Protobuf.WellKnownTypes.Value.ForString("istio") } },
                TransportSocket = c.TransportSocket,
            });
            c.TransportSocketMatches.Add(new Envoy.Config.Cluster.V3.Cluster.Types.TransportSocketMatch
            {
                Name = "tlsMode-disabled",
                Match = new(),
                TransportSocket = new() { Name = "envoy.transport_sockets.raw_buffer" },
            });
        });

        (await ProxyBed.Exchange(client.At("out"), Request, t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Cluster_WithoutItsSecret_FailsWithTheReason()
    {
        await using Backend backend = Backend.Http(r => DownstreamTlsTests.Answer(r, _ => { }));
        await using ProxyBed client = new();
        client.CallTls(backend.At, TlsBed.Client(TlsBed.Common(trust: true)));

        string answer = await ProxyBed.Exchange(client.At("out"), Request, t => t.EndsWith("SDS"));

        answer.ShouldContain("TLS error: Secret is not supplied by SDS");
    }

    [Fact]
    public async Task Request_OverMutualTls_AllocatesNothingInTheSteadyState()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = Call(server, ServerId);
        ProxyWorker[] workers = [server.Server.Runtime.All[0], client.Server.Runtime.All[0]];
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(client.At("out"), TestContext.Current.CancellationToken);

        await Ask(socket, 300);
        long before = await Allocated(workers);
        await Ask(socket, 500);
        long after = await Allocated(workers);

        (after - before).ShouldBeLessThan(1000, "bytes on both loops' threads over 500 requests");
    }

    private static async Task Ask(Socket socket, int times)
    {
        for (int i = 0; i < times; i++)
        {
            await socket.SendAsync("GET /path HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await ProxyBed.Receive(socket, t => t.EndsWith("\r\n\r\nx"));
        }
    }

    private static async Task<long> Allocated(ProxyWorker[] workers)
    {
        long sum = 0;
        foreach (ProxyWorker worker in workers)
        {
            TaskCompletionSource<long> bytes = new(TaskCreationOptions.RunContinuationsAsynchronously);
            worker.Loop.Post(() => bytes.SetResult(GC.GetAllocatedBytesForCurrentThread()));
            sum += await bytes.Task;
        }
        return sum;
    }

    private ProxyBed Serve(Backend backend, params string[] protocols)
    {
        ProxyBed server = new();
        CommonTlsContext common = TlsBed.Common(trust: true);
        common.AlpnProtocols.AddRange(protocols);
        server.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("server")), _identities.RootSecret(TlsBed.RootName));
        server.ServeTls(backend.At, TlsBed.Server(common, requireClient: true));
        return server;
    }

    private ProxyBed Call(ProxyBed server, string expected, Action<Envoy.Config.Core.V3.HttpProtocolOptions>? options = null, bool http2 = false)
    {
        ProxyBed client = new();
        client.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("client")), _identities.RootSecret(TlsBed.RootName));
        CommonTlsContext common = TlsBed.Common(trust: true, expected);
        if (http2)
        {
            common.AlpnProtocols.Add("h2");
        }
        client.CallTls(server.At(), TlsBed.Client(common, "outbound_.80_._.server"), c =>
        {
            Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions http = new() { CommonHttpProtocolOptions = new() };
            options?.Invoke(http.CommonHttpProtocolOptions);
            if (http2)
            {
                http.ExplicitHttpConfig = new() { Http2ProtocolOptions = new() };
            }
            c.TypedExtensionProtocolOptions["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"] = ProxyBed.Pack(http);
        });
        return client;
    }
}
