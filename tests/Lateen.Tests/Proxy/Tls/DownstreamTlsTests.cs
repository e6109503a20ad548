using System.Net.Sockets;
using System.Security.Authentication;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Listeners;
using Shouldly;
using Xunit;
using Hcm = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Lateen.Tests.Proxy.Tls;

/// <summary>Filter chains that end TLS, against SslStream.</summary>
public sealed class DownstreamTlsTests : IDisposable
{
    private readonly TestIdentities _identities = new();

    public void Dispose() => _identities.Dispose();

    [Fact]
    public async Task Request_OverTls_IsForwardedAsHttps()
    {
        string seen = "";
        await using Backend backend = Backend.Http(r => Answer(r, t => seen = t));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: false)), m => m.UseRemoteAddress = true);

        using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities);
        (await client.AskAsync()).ShouldStartWith("HTTP/1.1 200 OK");

        seen.ShouldContain("x-forwarded-proto: https\r\n");
        client.Stream.SslProtocol.ShouldBe(SslProtocols.Tls13);
        await bed.StatShouldBecomeAsync("ssl.handshake", 1);
        await bed.StatShouldBecomeAsync("ssl.no_certificate", 1);
    }

    [Fact]
    public async Task Response_LargerThanEveryBuffer_ArrivesWhole()
    {
        string body = string.Concat(Enumerable.Range(0, 400_000).Select(i => (char)('a' + (i % 26)))) + "end";
        await using Backend backend = Backend.Http(_ => Backend.Ok(body));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: false)));

        using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities);
        string answer = await client.AskAsync();

        answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].ShouldBe(body);
    }

    [Fact]
    public async Task Client_WithoutTheRequiredCertificate_IsRefused()
    {
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("server")), _identities.RootSecret(TlsBed.RootName));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: true), requireClient: true));

        await Should.ThrowAsync<Exception>(async () =>
        {
            using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities);
            if ((await client.AskAsync()).Length == 0)
            {
                throw new IOException("closed without an answer");
            }
        });

        backend.Connections.ShouldBe(0);
        await bed.StatShouldBecomeAsync("ssl.fail_verify_no_cert", 1);
    }

    [Fact]
    public async Task Client_OfAnotherRoot_IsRefused()
    {
        using TestIdentities stranger = new();
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("server")), _identities.RootSecret(TlsBed.RootName));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: true), requireClient: true));

        await Should.ThrowAsync<Exception>(async () =>
        {
            using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities, certificate: stranger.Workload("client"));
            if ((await client.AskAsync()).Length == 0)
            {
                throw new IOException("closed without an answer");
            }
        });

        await bed.StatShouldBecomeAsync("ssl.fail_verify_error", 1);
    }

    [Fact]
    public async Task ClientCertificate_WithSanitizeSet_IsForwardedInXfcc()
    {
        string seen = "";
        await using Backend backend = Backend.Http(r => Answer(r, t => seen = t));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("server")), _identities.RootSecret(TlsBed.RootName));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: true), requireClient: true), m =>
        {
            m.ForwardClientCertDetails = Hcm.Types.ForwardClientCertDetails.SanitizeSet;
            m.SetCurrentClientCertDetails = new() { Subject = true, Dns = true, Uri = true };
        });

        using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities, certificate: _identities.Workload("client"));
        await client.AskAsync(extra: "x-forwarded-client-cert: By=forged\r\n");

        seen.ShouldMatch("x-forwarded-client-cert: By=spiffe://cluster.local/ns/default/sa/server;Hash=[0-9a-f]{64};Subject=\"[^\"]*\";"
            + "URI=spiffe://cluster.local/ns/default/sa/client\r\n");
        seen.ShouldNotContain("forged");
    }

    [Fact]
    public async Task Secret_WhenItChanges_IsShownToNewConnectionsAndOldOnesGoOn()
    {
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: false)));
        using TlsClient first = await TlsClient.ConnectAsync(bed.At(), _identities);
        await first.AskAsync();

        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        using TlsClient second = await TlsClient.ConnectAsync(bed.At(), _identities);

        (await first.AskAsync()).ShouldStartWith("HTTP/1.1 200");
        (await second.AskAsync()).ShouldStartWith("HTTP/1.1 200");
        second.ServerSerial.ShouldNotBe(first.ServerSerial);
    }

    [Fact]
    public async Task Chain_WithoutItsSecret_RefusesUntilItComes()
    {
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: false)));
        await Should.ThrowAsync<Exception>(() => TlsClient.ConnectAsync(bed.At(), _identities));
        bed.Server.LocalSecretNames.ShouldBe([TlsBed.KeyName]);

        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));

        using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities);
        (await client.AskAsync()).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Handshake_LeftHalfOpen_IsClosedAfterItsTime()
    {
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"));
        var listener = TlsBed.TlsListener("http", TlsBed.Server(TlsBed.Common(trust: false)));
        listener.FilterChains[0].TransportSocketConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100));
        bed.Apply(TypeUrls.Listener, listener);
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
        await socket.SendAsync(new byte[] { 0x16, 3, 1, 2, 0, 1 }, TestContext.Current.CancellationToken);

        (await ProxyBed.Receive(socket, _ => false)).ShouldBe("");

        await bed.StatShouldBecomeAsync("ssl.handshake_timeout", 1);
        bed.Server.Runtime.All[0].Handshakes.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Handshakes_HeldOpenInThousands_GiveWayToAnHonestClientOldestFirst()
    {
        const int TooMany = 20;
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        bed.ServeTls(backend.At, TlsBed.Server(TlsBed.Common(trust: false)));
        List<Socket> held = [];
        try
        {
            for (int i = 0; i < HandshakeQueue.Maximum + TooMany; i++)
            {
                Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                held.Add(socket);
                await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);
                await socket.SendAsync(new byte[] { 0x16, 3, 1, 2, 0, 1 }, TestContext.Current.CancellationToken);
            }

            using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities);
            (await client.AskAsync()).ShouldStartWith("HTTP/1.1 200 OK");

            await bed.StatShouldBecomeAsync("ssl.handshake_overflow", TooMany + 1);
            (await ProxyBed.Receive(held[0], _ => false)).ShouldBe("", "the oldest was closed");
            held[^1].Poll(0, SelectMode.SelectRead).ShouldBeFalse("the newest is still open");
        }
        finally
        {
            held.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Alpn_OfferedByTheClient_IsChosenInTheServersOrder()
    {
        await using Backend backend = Backend.Http(r => Answer(r, _ => { }));
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        CommonTlsContext common = TlsBed.Common(trust: false);
        common.AlpnProtocols.AddRange(["istio-http/1.1", "http/1.1"]);
        bed.ServeTls(backend.At, TlsBed.Server(common));

        using TlsClient client = await TlsClient.ConnectAsync(bed.At(), _identities, protocols: ["http/1.1", "istio-http/1.1"]);

        client.Stream.NegotiatedApplicationProtocol.ToString().ShouldBe("istio-http/1.1");
    }

    [Fact]
    public async Task Secret_WhoseKeyIsAnothers_IsRefusedByItsField()
    {
        await using ProxyBed bed = new();
        (string chain, _) = _identities.Server("a.example");
        (_, string key) = _identities.Server("a.example");

        var problems = bed.Server.Apply(TypeUrls.Secret, "1", [ProxyBed.Pack(TestIdentities.KeySecret("default", (chain, key)))]);

        problems.ShouldHaveSingleItem().ToString().ShouldContain("tls_certificate: Failed to load private key: it does not belong to the certificate");
    }

    internal static string Answer(string request, Action<string> seen)
    {
        seen(request);
        return Backend.Ok("end");
    }
}
