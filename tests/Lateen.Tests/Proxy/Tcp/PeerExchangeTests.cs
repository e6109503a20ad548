using System.Net;
using System.Net.Sockets;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Envoy.Tcp.Metadataexchange.Config;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Stats;
using Xunit;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Tests.Proxy.Tcp;

/// <summary>TCP sessions between sidecars: both say who they are (network filter metadata_exchange), the application sees none of it.</summary>
public sealed class PeerExchangeTests : IDisposable
{
    private const string Protocol = "istio-peer-exchange";
    private const string ServerId = "spiffe://cluster.local/ns/default/sa/server";

    private readonly TestIdentities _identities = new();

    public void Dispose() => _identities.Dispose();

    [Fact]
    public async Task Session_BetweenTwoSidecars_IsCountedWithBothWorkloadsAtBothEnds()
    {
        await using Backend backend = Database();
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = Call(server.At());

        (await ProxyBed.Exchange(client.At(), "query", _ => false)).ShouldBe("query: 1 row");

        foreach ((ProxyBed bed, string reporter) in ((ProxyBed, string)[])[(client, "source"), (server, "destination")])
        {
            string labels = await LabelsAsync(bed, "istio_tcp_connections_closed_total");
            labels.ShouldContain($"reporter={reporter} source_workload=client ");
            labels.ShouldContain("destination_workload=server destination_workload_namespace=shop ");
            labels.ShouldContain("source_version=v1 ");
            labels.ShouldContain("destination_version=v2 ");
            labels.ShouldContain("request_protocol=tcp ");
            bed.Server.Stats().Single(s => s.Metric == "istio_tcp_connections_opened_total").Value.ShouldBe(1);
            bed.Server.Stats().Single(s => s.Metric == "istio_tcp_received_bytes_total").Value.ShouldBe("query".Length, "what peers tell each other is no traffic");
            bed.Server.Stats().Single(s => s.Metric == "istio_tcp_sent_bytes_total").Value.ShouldBe("query: 1 row".Length);
        }
    }

    [Fact]
    public async Task Session_WhoseServerSpeaksFirst_IsCountedWithItsPeerWhileItIsOpen()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            await socket.SendAsync("220 ready"u8.ToArray(), SocketFlags.None, stop);
            await socket.ReceiveAsync(new byte[10], SocketFlags.None, stop);
        });
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = Call(server.At());
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(client.At(), TestContext.Current.CancellationToken);

        (await ProxyBed.Receive(socket, t => t.EndsWith("ready"))).ShouldBe("220 ready");

        (await LabelsAsync(client, "istio_tcp_connections_opened_total")).ShouldContain("destination_workload=server ");
        (await LabelsAsync(server, "istio_tcp_connections_opened_total")).ShouldContain("source_workload=client ");
    }

    [Fact]
    public async Task Client_ThatSaysNothingOfItself_IsServedAndUnknown()
    {
        await using Backend backend = Database();
        await using ProxyBed server = Serve(backend);
        using TlsClient client = await TlsClient.ConnectAsync(server.At(), _identities, "server", _identities.Workload("other"), Protocol);

        await client.Stream.WriteAsync("query"u8.ToArray(), TestContext.Current.CancellationToken);
        string answer = await client.ReadAsync(t => t.EndsWith("row"));

        answer.ShouldEndWith("query: 1 row");
        (await LabelsAsync(server, "istio_tcp_connections_opened_total")).ShouldContain("source_workload=unknown ");
    }

    [Fact]
    public async Task Client_ThatDidNotAgree_IsToldNothing()
    {
        await using Backend backend = Database();
        await using ProxyBed server = Serve(backend);
        using TlsClient client = await TlsClient.ConnectAsync(server.At(), _identities, "server", _identities.Workload("other"), "istio");

        await client.Stream.WriteAsync("query"u8.ToArray(), TestContext.Current.CancellationToken);

        (await client.ReadAsync(t => t.EndsWith("row"))).ShouldBe("query: 1 row");
    }

    [Fact]
    public async Task Requests_OverAClusterThatListsTheProtocol_DoNotOfferIt()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("end"));
        await using ProxyBed server = Serve(backend);
        await using ProxyBed client = new(Options("client", "v1"));
        client.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("client")), _identities.RootSecret(TlsBed.RootName));
        client.CallTls(server.At(), TlsBed.Client(Common()), c => c.Filters.Add(AtCluster()));

        (await ProxyBed.Exchange(client.At("out"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("end"))).ShouldStartWith("HTTP/1.1 200 OK");
    }

    [Fact]
    public async Task Filter_ThatIsNotKnown_RefusesTheCluster()
    {
        await using ProxyBed bed = new();
        Cluster cluster = ProxyBed.Eds("a");
        cluster.Filters.Add(new Envoy.Config.Cluster.V3.Filter { Name = "x", TypedConfig = ProxyBed.Pack(new TcpProxy()) });

        bed.Server.Apply(TypeUrls.Cluster, "1", [ProxyBed.Pack(cluster)]).ShouldHaveSingleItem().ToString()
            .ShouldContain("filters[0]: upstream network filter x (envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy) is not supported");
    }

    private static Backend Database() => new(async (socket, stop) =>
    {
        byte[] buffer = new byte[100];
        int n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
        await socket.SendAsync((byte[])[.. buffer.AsSpan(0, n), .. ": 1 row"u8], SocketFlags.None, stop);
    });

    private ProxyBed Serve(Backend backend)
    {
        ProxyBed bed = new(Options("server", "v2"));
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("server")), _identities.RootSecret(TlsBed.RootName));
        CommonTlsContext common = TlsBed.Common(trust: true);
        common.AlpnProtocols.AddRange([Protocol, "h2", "http/1.1"]);
        Listen(bed, ProxyBed.Eds("backend"), backend.At, TrafficDirection.Inbound, TlsBed.Server(common, requireClient: true), exchanges: true);
        return bed;
    }

    private ProxyBed Call(IPEndPoint server)
    {
        ProxyBed bed = new(Options("client", "v1"));
        bed.Secrets(TestIdentities.KeySecret(TlsBed.KeyName, _identities.Workload("client")), _identities.RootSecret(TlsBed.RootName));
        Cluster cluster = ProxyBed.Eds("peer");
        cluster.TransportSocket = TlsBed.Client(Common());
        cluster.Filters.Add(AtCluster());
        Listen(bed, cluster, server, TrafficDirection.Outbound, null, exchanges: false);
        return bed;
    }

    private static CommonTlsContext Common()
    {
        CommonTlsContext common = TlsBed.Common(trust: true, ServerId);
        common.AlpnProtocols.AddRange([Protocol, "istio"]);
        return common;
    }

    private static void Listen(ProxyBed bed, Cluster cluster, IPEndPoint target, TrafficDirection direction, TransportSocket? socket, bool exchanges)
    {
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints(cluster.Name, target));
        FilterChain chain = new() { TransportSocket = socket };
        if (exchanges)
        {
            chain.Filters.Add(new Filter { Name = "istio.metadata_exchange", TypedConfig = ProxyBed.Pack(Exchange()) });
        }
        chain.Filters.Add(new Filter { Name = "istio.stats", TypedConfig = ProxyBed.Pack(new PluginConfig()) });
        chain.Filters.Add(new Filter { Name = "tcp", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = cluster.Name }) });
        bed.Apply(TypeUrls.Listener, new Listener
        {
            Name = "http", Address = ProxyBed.Address(new(IPAddress.Loopback, 0)), FilterChains = { chain }, TrafficDirection = direction,
        });
    }

    private static MetadataExchange Exchange() => new() { Protocol = Protocol };

    private static Envoy.Config.Cluster.V3.Filter AtCluster() => new() { Name = "istio.metadata_exchange", TypedConfig = ProxyBed.Pack(Exchange()) };

    private static async Task<string> LabelsAsync(ProxyBed bed, string metric)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (true)
        {
            if (bed.Server.Stats().FirstOrDefault(s => s.Metric == metric && s.Value > 0).Labels is { } labels)
            {
                return string.Join(' ', labels.Select(l => $"{l.Key}={l.Value}")) + " ";
            }
            limit.IsCancellationRequested.ShouldBeFalse($"{metric} did not come");
            await Task.Delay(TimeSpan.FromMilliseconds(5), CancellationToken.None);
        }
    }

    private static ProxyOptions Options(string workload, string version) => new()
    {
        Concurrency = 1,
        NodeId = $"sidecar~{workload}",
        WarmingTimeout = TimeSpan.FromSeconds(5),
        NodeMetadata = new Struct
        {
            Fields =
            {
                ["WORKLOAD_NAME"] = Value.ForString(workload), ["NAMESPACE"] = Value.ForString("shop"),
                ["LABELS"] = Value.ForStruct(new Struct { Fields = { ["app"] = Value.ForString(workload), ["version"] = Value.ForString(version) } }),
            },
        },
    };
}
