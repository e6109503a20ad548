using System.ComponentModel;
using System.Diagnostics;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Grpc.Server;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

/// <summary>A client that is not ours: gRPC's own xDS resolver (Debian's python3-grpcio) finds a service through our server and calls it.</summary>
public sealed class GrpcXdsClientTests
{
    private const string Python = "/usr/bin/python3";
    private const string Script = """
        import grpc
        channel = grpc.insecure_channel("xds:///echo.test:80")
        check = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=lambda b: b, response_deserializer=lambda b: b)
        print(check(b"", timeout=20).hex())
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolver_ListenerRouteClusterEndpoint_CallReachesTheBackendAndAllTypesAreAcked()
    {
        Assert.SkipUnless(await RunAsync(["-c", "import grpc"], []) is (0, _), "python3-grpcio is not installed");
        var source = new Source();
        using var server = new XdsServer<string>(source, new XdsServerOptions(), NullLoggerFactory.Instance, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        await using var host = builder.Build();
        var options = new GrpcServerOptions { Logger = NullLogger.Instance };
        server.Map(host, options);
        host.MapGrpcHealth(options, () => true);
        await host.StartAsync(Cancellation);
        source.Port = (uint)new Uri(host.Urls.First()).Port;
        var bootstrap = $$$"""
            {"xds_servers":[{"server_uri":"127.0.0.1:{{{source.Port}}}","channel_creds":[{"type":"insecure"}],"server_features":["xds_v3"]}],
             "node":{"id":"sidecar~127.0.0.1~py.default~default.svc.cluster.local"}}
            """;

        var (code, output) = await RunAsync(["-c", Script], [new("GRPC_XDS_BOOTSTRAP_CONFIG", bootstrap)]);

        code.ShouldBe(0, output);
        // HealthCheckResponse { status: SERVING }
        output.Trim().ShouldEndWith("0801");
        source.Refusals.ShouldBeEmpty();
        source.Asked.Order().ShouldBe(new[] { TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration }.Order());
        server.Close();
        await host.StopAsync(Cancellation);
    }

    private static async Task<(int Code, string Output)> RunAsync(IReadOnlyList<string> arguments, IReadOnlyList<KeyValuePair<string, string>> environment)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(Cancellation);
            var errors = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
            return (process.ExitCode, await errors + await output);
        }
        catch (Win32Exception)
        {
            return (-1, $"{Python} is missing");
        }
    }

    private sealed class Source : IXdsResourceSource<string>
    {
        public uint Port { get; set; }

        public HashSet<string> Asked { get; } = [];

        public List<string> Refusals { get; } = [];

        public ValueTask<string> ConnectAsync(XdsPeer peer, CancellationToken cancellation) => new(peer.Node.Id);

        public void Disconnected(XdsPeer peer, string proxy)
        {
        }

        public ValueTask<XdsResourceSet?> GenerateAsync(XdsPeer peer, string proxy, XdsQuery query, CancellationToken cancellation)
        {
            lock (Asked)
            {
                Asked.Add(query.TypeUrl);
            }
            var ads = new ConfigSource { Ads = new AggregatedConfigSource(), ResourceApiVersion = ApiVersion.V3 };
            XdsResource resource = query.TypeUrl switch
            {
                TypeUrls.Listener => XdsResource.Of("echo.test:80", new Listener
                {
                    Name = "echo.test:80",
                    ApiListener = new ApiListener
                    {
                        ApiListener_ = Any.Pack(new HttpConnectionManager
                        {
                            Rds = new Rds { ConfigSource = ads, RouteConfigName = "80" },
                            HttpFilters = { new HttpFilter { Name = "router", TypedConfig = Any.Pack(new Router()) } },
                        }),
                    },
                }),
                TypeUrls.RouteConfiguration => XdsResource.Of("80", new RouteConfiguration
                {
                    Name = "80",
                    VirtualHosts =
                    {
                        new VirtualHost
                        {
                            Name = "v",
                            Domains = { "*" },
                            Routes = { new Route { Match = new RouteMatch { Prefix = "" }, Route_ = new RouteAction { Cluster = "c" } } },
                        },

                        // So many that the answer goes out compressed: the client announces that it takes it so.
                        Enumerable.Range(0, 500).Select(i => new VirtualHost
                        {
                            Name = $"other-{i}",
                            Domains = { $"other-{i}.default.svc.cluster.local" },
                            Routes = { new Route { Match = new RouteMatch { Prefix = "" }, Route_ = new RouteAction { Cluster = "c" } } },
                        }),
                    },
                }),
                TypeUrls.Cluster => XdsResource.Of("c", new Cluster
                {
                    Name = "c",
                    Type = Cluster.Types.DiscoveryType.Eds,
                    EdsClusterConfig = new Cluster.Types.EdsClusterConfig { EdsConfig = ads },
                }),
                _ => XdsResource.Of("c", new ClusterLoadAssignment
                {
                    ClusterName = "c",
                    Endpoints =
                    {
                        new LocalityLbEndpoints
                        {
                            Locality = new Locality { Region = "r" },
                            LoadBalancingWeight = 1,
                            LbEndpoints =
                            {
                                new LbEndpoint
                                {
                                    Endpoint = new Envoy.Config.Endpoint.V3.Endpoint
                                    {
                                        Address = new Address { SocketAddress = new SocketAddress { Address = "127.0.0.1", PortValue = Port } },
                                    },
                                },
                            },
                        },
                    },
                }),
            };
            return new(new XdsResourceSet("1", [resource]));
        }
    }
}
