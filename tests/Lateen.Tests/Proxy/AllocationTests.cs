using System.Net.Sockets;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Proxy.Workers;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>The promise of the engine: a request in the steady state allocates nothing on its loop's thread.</summary>
public sealed class AllocationTests
{
    [Fact]
    public async Task Request_InTheSteadyState_AllocatesNothing()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        await MustNotAllocate(bed);
    }

    [Fact]
    public async Task Request_ThroughTheFiltersOfASidecar_AllocatesNothing()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At, manager: manager => manager.HttpFilters.Add(
        [
            Filter("istio.metadata_exchange", new Io.Istio.Http.PeerMetadata.Config
            {
                UpstreamDiscovery = { new Io.Istio.Http.PeerMetadata.Config.Types.DiscoveryMethod { IstioHeaders = new() } },
                UpstreamPropagation = { new Io.Istio.Http.PeerMetadata.Config.Types.PropagationMethod { IstioHeaders = new() } },
            }),
            Filter("envoy.filters.http.fault", new Envoy.Extensions.Filters.Http.Fault.V3.HTTPFault()),
            Filter("envoy.filters.http.cors", new Envoy.Extensions.Filters.Http.Cors.V3.Cors()),
            Filter("envoy.filters.http.local_ratelimit", new Envoy.Extensions.Filters.Http.LocalRatelimit.V3.LocalRateLimit { StatPrefix = "limit" }),
            Filter("istio.stats", new global::Stats.PluginConfig()),
        ]));

        await MustNotAllocate(bed);
    }

    [Fact]
    public async Task Http2Request_InTheSteadyState_AllocatesNothing()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed inbound = new();
        inbound.ServeHttp(backend.At);
        await using ProxyBed bed = new();
        bed.ServeHttp(inbound.At());
        Envoy.Config.Cluster.V3.Cluster cluster = ProxyBed.Eds("backend");
        cluster.TypedExtensionProtocolOptions.Add(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            ProxyBed.Pack(new Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } }));
        bed.Apply(Lateen.Api.TypeUrls.Cluster, cluster);
        bed.Apply(Lateen.Api.TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", inbound.At()));
        ProxyWorker client = bed.Server.Runtime.All[0], server = inbound.Server.Runtime.All[0];
        using HttpClient http = new() { DefaultRequestVersion = System.Net.HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        string url = $"http://{bed.At()}/path";

        await AskOver(http, url, 300);
        // A buffer more may be wanted at some moment and is then kept: what every request would cost shows in each of the rounds.
        long least = long.MaxValue;
        for (int round = 0; round < 4; round++)
        {
            long before = await Allocated(client) + await Allocated(server);
            await AskOver(http, url, 300);
            least = Math.Min(least, await Allocated(client) + await Allocated(server) - before);
        }

        least.ShouldBeLessThan(1000, "bytes on both loops' threads over 300 requests");
    }

    private static HttpFilter Filter(string name, IMessage config) => new() { Name = name, TypedConfig = ProxyBed.Pack(config) };

    private static async Task MustNotAllocate(ProxyBed bed)
    {
        ProxyWorker worker = bed.Server.Runtime.All[0];
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(bed.At(), TestContext.Current.CancellationToken);

        await Ask(socket, 300);
        long before = await Allocated(worker);
        await Ask(socket, 500);
        long after = await Allocated(worker);

        (after - before).ShouldBeLessThan(500, "bytes on the loop's thread over 500 requests");
    }

    private static async Task AskOver(HttpClient http, string url, int times)
    {
        for (int i = 0; i < times; i++)
        {
            (await http.GetStringAsync(url, TestContext.Current.CancellationToken)).ShouldBe("x");
        }
    }

    private static async Task Ask(Socket socket, int times)
    {
        byte[] request = "GET /path HTTP/1.1\r\nHost: a\r\nUser-Agent: test\r\n\r\n"u8.ToArray();
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
}
