using System.Net.Sockets;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Lateen.Proxy.Telemetry;
using Lateen.Proxy.Views;
using Lateen.Proxy.Workers;
using Shouldly;
using Stats;
using Xunit;
using Cluster = Envoy.Config.Cluster.V3.Cluster;
using PeerConfig = Io.Istio.Http.PeerMetadata.Config;

namespace Lateen.Tests.Proxy.Telemetry;

/// <summary>Istio's metrics as traffic makes them: labels of both reporters, what peers tell each other, overrides, the budget.</summary>
public sealed class MeshMetricsTests
{
    [Fact]
    public async Task Destination_PeerSentItsMetadata_LabelsNameBothWorkloadsAndTheApplicationSeesNoHeader()
    {
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("hello");
        });
        await using ProxyBed bed = new(Options("reviews", "v2"));
        Serve(bed, backend, TrafficDirection.Inbound, service: "reviews.shop.svc.cluster.local");
        string peer = System.Text.Encoding.ASCII.GetString(PeerHeader.Encode(Node("productpage", "v1")));

        string answer = await ProxyBed.Exchange(
            bed.At(), $"GET / HTTP/1.1\r\nHost: reviews:9080\r\nx-envoy-peer-metadata: {peer}\r\nx-envoy-peer-metadata-id: sidecar~1\r\n\r\n", t => t.EndsWith("hello"));

        seen.ShouldNotContain("x-envoy-peer-metadata", Case.Insensitive);
        answer.ShouldContain("x-envoy-peer-metadata: ");
        answer.ShouldContain("x-envoy-peer-metadata-id: sidecar~");
        StatSample requests = await Sample(bed, "istio_requests_total");
        requests.Value.ShouldBe(1);
        Labels(requests).ShouldBe(
            "reporter=destination source_workload=productpage source_canonical_service=productpage source_canonical_revision=v1 "
            + "source_workload_namespace=shop source_principal=unknown source_app=productpage source_version=v1 source_cluster=Kubernetes "
            + "destination_workload=reviews destination_workload_namespace=shop destination_principal=unknown destination_app=reviews "
            + "destination_version=v2 destination_service=reviews.shop.svc.cluster.local destination_service_name=reviews "
            + "destination_service_namespace=shop destination_canonical_service=reviews destination_canonical_revision=v2 "
            + "destination_cluster=Kubernetes request_protocol=http response_code=200 grpc_response_status= response_flags=- "
            + "connection_security_policy=none");
    }

    [Fact]
    public async Task Source_PeerAnsweredWithItsMetadata_ClientSeesNoneAndTheLabelsAreThePeers()
    {
        string peer = System.Text.Encoding.ASCII.GetString(PeerHeader.Encode(Node("reviews", "v3")));
        await using Backend backend = Backend.Http(r => Backend.Ok(
            "hello", r.Contains("x-envoy-peer-metadata: ") ? $"x-envoy-peer-metadata: {peer}\r\nx-envoy-peer-metadata-id: r\r\n" : ""));
        await using ProxyBed bed = new(Options("productpage", "v1"));
        Serve(bed, backend, TrafficDirection.Outbound, service: "reviews.shop.svc.cluster.local");

        string answer = await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: reviews\r\n\r\n", t => t.EndsWith("hello"));

        answer.ShouldNotContain("x-envoy-peer-metadata");
        string labels = Labels(await Sample(bed, "istio_requests_total"));
        labels.ShouldContain("reporter=source source_workload=productpage ");
        labels.ShouldContain("destination_workload=reviews destination_workload_namespace=shop ");
        labels.ShouldContain("destination_version=v3 ");
        labels.ShouldContain("connection_security_policy=unknown");
        (await Sample(bed, "istio_response_bytes")).Histogram!.Sum.ShouldBeGreaterThan(5);
        (await Sample(bed, "istio_request_duration_milliseconds")).Value.ShouldBe(1);
    }

    [Fact]
    public async Task Source_PeerToldNothing_EndpointMetadataNamesTheWorkload()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
        await using ProxyBed bed = new(Options("productpage", "v1"));
        Serve(bed, backend, TrafficDirection.Outbound, service: "", workload: "ratings-v1;shop;ratings;v1;c2");

        await ProxyBed.Exchange(bed.At(), "GET / HTTP/1.1\r\nHost: ratings.example:80\r\n\r\n", t => t.EndsWith("hello"));

        string labels = Labels(await Sample(bed, "istio_requests_total"));
        labels.ShouldContain("destination_workload=ratings-v1 destination_workload_namespace=shop ");
        labels.ShouldContain("destination_canonical_service=ratings destination_canonical_revision=v1 destination_cluster=c2 ");
        labels.ShouldContain("destination_service=ratings.example:80 ", Case.Sensitive, "no service in metadata: the Host header stands for it");
    }

    [Fact]
    public async Task Overrides_DimensionRemovedTagAndDrop_ChangeTheLabels()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("hello"));
        await using ProxyBed bed = new(Options("productpage", "v1"));
        PluginConfig config = new();
        config.Metrics.Add(new MetricConfig { Name = "requests_total", Dimensions = { ["method"] = "request.method", ["kind"] = "request.url_path.startsWith('/api') ? 'api' : 'web'" }, TagsToRemove = { "source_app" } });
        config.Metrics.Add(new MetricConfig { Name = "response_bytes", Drop = true });
        Serve(bed, backend, TrafficDirection.Outbound, "reviews.shop", config: config);

        await ProxyBed.Exchange(bed.At(), "POST /api/x?y=1 HTTP/1.1\r\nHost: reviews\r\ncontent-length: 0\r\n\r\n", t => t.EndsWith("hello"));

        string labels = Labels(await Sample(bed, "istio_requests_total"));
        labels.ShouldEndWith(" kind=api method=POST");
        labels.ShouldNotContain("source_app");
        Labels(await Sample(bed, "istio_request_bytes")).ShouldNotContain("method=");
        bed.Server.Stats().ShouldNotContain(s => s.Metric == "istio_response_bytes");
    }

    [Fact]
    public async Task Budget_MoreLabelsThanSeries_NewOnesAreCountedAsOverflow()
    {
        await using Backend backend = Backend.Http(r => $"HTTP/1.1 {r.Split(' ')[1][1..]} x\r\ncontent-length: 1\r\n\r\nx");
        await using ProxyBed bed = new(Options("productpage", "v1", series: 4));
        Serve(bed, backend, TrafficDirection.Outbound, "reviews.shop");

        foreach (int code in (int[])[200, 201, 202, 200])
        {
            await ProxyBed.Exchange(bed.At(), $"GET /{code} HTTP/1.1\r\nHost: a\r\n\r\n", t => t.EndsWith("\r\n\r\nx"));
        }

        await Until(() => bed.Server.Stats().Single(s => s.Metric == "lateen_metric_series_overflow_total").Value == 2);
        bed.Server.Stats().Single(s => s.Metric == "istio_requests_total").Value.ShouldBe(2);
    }

    [Fact]
    public async Task Tcp_Session_CountsConnectionAndBytes()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[100];
            await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            await socket.SendAsync("1234567"u8.ToArray(), SocketFlags.None, stop);
        });
        await using ProxyBed bed = new(Options("client", "v1"));
        bed.Apply(TypeUrls.Cluster, Named(ProxyBed.Eds("backend"), "db.shop.svc.cluster.local"));
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At));
        FilterChain chain = new();
        chain.Filters.Add(new Filter { Name = "istio.stats", TypedConfig = ProxyBed.Pack(new PluginConfig()) });
        chain.Filters.Add(new Filter { Name = "tcp", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }) });
        bed.Apply(TypeUrls.Listener, new Listener
        {
            Name = "http", Address = ProxyBed.Address(new(System.Net.IPAddress.Loopback, 0)), FilterChains = { chain }, TrafficDirection = TrafficDirection.Outbound,
        });

        await ProxyBed.Exchange(bed.At(), "abc", _ => false);

        await Until(() => bed.Server.Stats().Any(s => s is { Metric: "istio_tcp_connections_closed_total", Value: 1 }));
        StatSample closed = await Sample(bed, "istio_tcp_connections_closed_total");
        Labels(closed).ShouldContain("destination_service=db.shop.svc.cluster.local ");
        Labels(closed).ShouldNotContain("response_code=");
        (await Sample(bed, "istio_tcp_connections_opened_total")).Value.ShouldBe(1);
        (await Sample(bed, "istio_tcp_received_bytes_total")).Value.ShouldBe(3);
        (await Sample(bed, "istio_tcp_sent_bytes_total")).Value.ShouldBe(7);
    }

    [Fact]
    public async Task Request_WithMetricsAndMetadata_AllocatesNothingInTheSteadyState()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new(Options("reviews", "v2"));
        Serve(bed, backend, TrafficDirection.Inbound, "reviews.shop.svc.cluster.local");
        string peer = System.Text.Encoding.ASCII.GetString(PeerHeader.Encode(Node("productpage", "v1")));
        byte[] request = System.Text.Encoding.ASCII.GetBytes($"GET /path HTTP/1.1\r\nHost: a\r\nx-envoy-peer-metadata: {peer}\r\n\r\n");
        ProxyWorker worker = bed.Server.Runtime.All[0];
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        await Ask(socket, request, 300);
        long before = await Allocated(worker);
        await Ask(socket, request, 500);
        long after = await Allocated(worker);

        (after - before).ShouldBeLessThan(500, "bytes on the loop's thread over 500 requests");
    }

    private static async Task Ask(Socket socket, byte[] request, int times)
    {
        for (int i = 0; i < times; i++)
        {
            await socket.SendAsync(request, TestContext.Current.CancellationToken);
            await ProxyBed.Receive(socket, t => t.EndsWith("\r\n\r\nx"));
        }
    }

    private static Task<long> Allocated(ProxyWorker worker)
    {
        TaskCompletionSource<long> bytes = new(TaskCreationOptions.RunContinuationsAsynchronously);
        worker.Loop.Post(() => bytes.SetResult(GC.GetAllocatedBytesForCurrentThread()));
        return bytes.Task;
    }

    private static void Serve(
        ProxyBed bed, Backend backend, TrafficDirection direction, string service, string workload = "", PluginConfig? config = null)
    {
        bool inbound = direction == TrafficDirection.Inbound;
        PeerConfig peers = new();
        if (inbound)
        {
            peers.DownstreamDiscovery.Add(new PeerConfig.Types.DiscoveryMethod { IstioHeaders = new() });
            peers.DownstreamPropagation.Add(new PeerConfig.Types.PropagationMethod { IstioHeaders = new() });
        }
        else
        {
            peers.UpstreamDiscovery.Add(new PeerConfig.Types.DiscoveryMethod { IstioHeaders = new() });
            peers.UpstreamPropagation.Add(new PeerConfig.Types.PropagationMethod { IstioHeaders = new() });
        }
        var assignment = ProxyBed.Endpoints("backend", backend.At);
        if (workload.Length > 0)
        {
            assignment.Endpoints[0].LbEndpoints[0].Metadata = Istio(new Struct { Fields = { ["workload"] = Value.ForString(workload) } });
        }
        bed.Apply(TypeUrls.Cluster, Named(ProxyBed.Eds("backend"), service));
        bed.Apply(TypeUrls.ClusterLoadAssignment, assignment);
        Listener listener = ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m =>
        {
            m.HttpFilters.Add(new HttpFilter { Name = "istio.metadata_exchange", TypedConfig = ProxyBed.Pack(peers) });
            m.HttpFilters.Add(new HttpFilter { Name = "istio.stats", TypedConfig = ProxyBed.Pack(config ?? new PluginConfig()) });
        }));
        listener.TrafficDirection = direction;
        bed.Apply(TypeUrls.Listener, listener);
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
    }

    private static Cluster Named(Cluster cluster, string service)
    {
        if (service.Length > 0)
        {
            Struct entry = new() { Fields = { ["host"] = Value.ForString(service), ["name"] = Value.ForString(service.Split('.')[0]), ["namespace"] = Value.ForString("shop") } };
            cluster.Metadata = Istio(new Struct { Fields = { ["services"] = Value.ForList(Value.ForStruct(entry)) } });
        }
        return cluster;
    }

    private static Metadata Istio(Struct value) => new() { FilterMetadata = { ["istio"] = value } };

    private static ProxyOptions Options(string workload, string version, int series = 1000) => new()
    {
        Concurrency = 1, NodeId = $"sidecar~{workload}", NodeMetadata = Node(workload, version), MaximumMetricSeries = series, WarmingTimeout = TimeSpan.FromSeconds(5),
    };

    private static Struct Node(string workload, string version) => new()
    {
        Fields =
        {
            ["WORKLOAD_NAME"] = Value.ForString(workload), ["NAMESPACE"] = Value.ForString("shop"), ["CLUSTER_ID"] = Value.ForString("Kubernetes"),
            ["LABELS"] = Value.ForStruct(new Struct
            {
                Fields =
                {
                    ["version"] = Value.ForString(version), ["app"] = Value.ForString(workload),
                    ["service.istio.io/canonical-name"] = Value.ForString(workload), ["service.istio.io/canonical-revision"] = Value.ForString(version),
                },
            }),
        },
    };

    private static string Labels(StatSample sample) => string.Join(' ', sample.Labels!.Select(l => $"{l.Key}={l.Value}"));

    private static async Task<StatSample> Sample(ProxyBed bed, string metric)
    {
        await Until(() => bed.Server.Stats().Any(s => s.Metric == metric));
        return bed.Server.Stats().Single(s => s.Metric == metric);
    }

    // The answer is with the client a moment before the loop has counted it.
    private static async Task Until(Func<bool> condition)
    {
        for (int i = 0; i < 500 && !condition(); i++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        condition().ShouldBeTrue();
    }
}
