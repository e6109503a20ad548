using System.Net;
using System.Net.Sockets;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.HttpInspector.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>Which filter chain a connection gets, by every condition that Istio's listeners have; curl asks, the chain's own route answers with its name.</summary>
public sealed class ChainMatchTests : IDisposable
{
    private readonly TestIdentities _identities = new();

    public void Dispose() => _identities.Dispose();

    [Theory]
    [InlineData("127.0.0.1", "one address")]
    [InlineData("127.0.0.9", "small range")]
    [InlineData("127.0.9.9", "large range")]
    public async Task DestinationAddress_GoesToTheMostSpecificRange(string destination, string chain)
    {
        await using ProxyBed bed = new();
        int port = Serve(
            bed, IPAddress.Any, [],
            Chain("large range", """{"prefix_ranges": [{"address_prefix": "127.0.0.0", "prefix_len": 8}]}"""),
            Chain("small range", """{"prefix_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}, {"address_prefix": "127.0.0.0", "prefix_len": 24}]}"""),
            Chain("one address", """{"prefix_ranges": [{"address_prefix": "127.0.0.1", "prefix_len": 32}]}"""));

        (await Curl($"http://{destination}:{port}/")).ShouldBe(chain);
    }

    [Theory]
    [InlineData("127.0.0.5", "near")]
    [InlineData("127.0.1.5", "any")]
    public async Task SourceAddress_GoesToItsRange(string source, string chain)
    {
        await using ProxyBed bed = new();
        int port = Serve(
            bed, IPAddress.Loopback, [], Chain("any", "{}"), Chain("near", """{"source_prefix_ranges": [{"address_prefix": "127.0.0.0", "prefix_len": 24}]}"""));

        (await Curl($"http://127.0.0.1:{port}/", "--interface", source)).ShouldBe(chain);
    }

    [Fact]
    public async Task DestinationPort_ComesBeforeEverythingElse()
    {
        int port = FreePort();
        await using ProxyBed bed = new();
        Serve(
            bed, new IPEndPoint(IPAddress.Loopback, port), [],
            Chain("address", """{"prefix_ranges": [{"address_prefix": "127.0.0.1", "prefix_len": 32}]}"""),
            Chain("port", $$"""{"destination_port": {{port}}}"""), Chain("other port", $$"""{"destination_port": {{port + 1}}}"""));

        (await Curl($"http://127.0.0.1:{port}/")).ShouldBe("port");
    }

    [Fact]
    public async Task NoChain_ClosesTheConnectionAndCounts()
    {
        await using ProxyBed bed = new();
        int port = Serve(bed, IPAddress.Loopback, [], Chain("other", """{"prefix_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}"""));

        (await Curl($"http://127.0.0.1:{port}/", "-w", "%{http_code}")).ShouldBe("000");

        bed.Stat(".no_filter_chain_match").ShouldBe(1);
    }

    [Theory]
    [InlineData("a.example", "exact")]
    [InlineData("x.example", "suffix")]
    [InlineData("y.x.example", "longer suffix")]
    [InlineData("other", "any name")]
    public async Task ServerName_GoesToTheLongestMatch(string name, string chain)
    {
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        int port = Serve(
            bed, IPAddress.Loopback, [Tls],
            Secure(Chain("any name", """{"transport_protocol": "tls"}""")), Secure(Chain("suffix", """{"server_names": ["*.example"]}""")),
            Secure(Chain("longer suffix", """{"server_names": ["*.x.example"]}""")), Secure(Chain("exact", """{"server_names": ["a.example"]}""")));

        (await Curl($"https://{name}:{port}/", "-k", "--connect-to", $"::127.0.0.1:{port}")).ShouldBe(chain);
    }

    [Theory]
    [InlineData("https", "--http1.1", "tls http/1.1")]
    [InlineData("https", "--http2", "tls h2")]
    [InlineData("https", "--no-alpn", "tls")]
    [InlineData("http", "--http1.1", "plain http/1.1")]
    [InlineData("http", "--http2-prior-knowledge", "plain h2")]
    public async Task TransportAndApplicationProtocol_AreWhatTheInspectorsFind(string scheme, string option, string chain)
    {
        await using ProxyBed bed = new();
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Server("a.example")));
        int port = Serve(
            bed, IPAddress.Loopback, [Tls, Http],
            Secure(Chain("tls", """{"transport_protocol": "tls"}""")),
            Secure(Chain("tls http/1.1", """{"transport_protocol": "tls", "application_protocols": ["http/1.1"]}""")),
            Secure(Chain("tls h2", """{"transport_protocol": "tls", "application_protocols": ["h2"]}""")),
            Chain("plain h2", """{"transport_protocol": "raw_buffer", "application_protocols": ["h2c"]}"""),
            Chain("plain http/1.1", """{"transport_protocol": "raw_buffer", "application_protocols": ["http/1.0", "http/1.1"]}"""));

        (await Curl($"{scheme}://127.0.0.1:{port}/", "-k", option)).ShouldBe(chain);
    }

    private static ListenerFilter Tls => new() { Name = "envoy.filters.listener.tls_inspector", TypedConfig = ProxyBed.Pack(new TlsInspector()) };

    private static ListenerFilter Http => new() { Name = "envoy.filters.listener.http_inspector", TypedConfig = ProxyBed.Pack(new HttpInspector()) };

    private static FilterChain Secure(FilterChain chain)
    {
        chain.TransportSocket = TlsBed.Server(new()
        {
            TlsCertificateSdsSecretConfigs = { TlsBed.Sds(TlsBed.KeyName) },
            AlpnProtocols = { "h2", "http/1.1" },
        });
        return chain;
    }

    private static FilterChain Chain(string name, string match)
    {
        string routes = $$$$"""
            {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "{{{{name}}}}"}}}]}]}
            """;
        FilterChain chain = ProxyBed.HttpListener("x", ProxyBed.Manager("", m => m.RouteConfig =
            JsonParser.Default.Parse<Envoy.Config.Route.V3.RouteConfiguration>(routes))).FilterChains[0];
        chain.Name = name;
        chain.FilterChainMatch = JsonParser.Default.Parse<FilterChainMatch>(match);
        return chain;
    }

    private static int Serve(ProxyBed bed, IPAddress at, ListenerFilter[] inspectors, params FilterChain[] chains) =>
        Serve(bed, new IPEndPoint(at, 0), inspectors, chains);

    private static int Serve(ProxyBed bed, IPEndPoint at, ListenerFilter[] inspectors, params FilterChain[] chains)
    {
        Listener listener = new() { Name = "http", Address = ProxyBed.Address(at), ListenerFiltersTimeout = Duration.FromTimeSpan(Patience.Limit) };
        listener.ListenerFilters.AddRange(inspectors);
        listener.FilterChains.AddRange(chains);
        bed.Apply(TypeUrls.Listener, listener);
        return bed.At().Port;
    }

    private static Task<string> Curl(string url, params string[] arguments) => Tool.RunAsync("curl", "", ["-s", .. arguments, url]);

    private static int FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
