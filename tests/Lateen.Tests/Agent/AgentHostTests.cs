using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Agent.Hosting;
using Lateen.Agent.Settings;
using Lateen.Agent.Status;
using Lateen.Api;
using Lateen.Grpc.Server;
using Lateen.Logging;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Agent;

/// <summary>The whole agent with its data plane, against our xDS server, over loopback.</summary>
public sealed class AgentHostTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("lateen-agent-");
    private readonly StringWriter _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task Agent_ConfiguredByAds_ServesIsReadyAndServesAgainWithoutAControlPlane()
    {
        var source = new Source();
        using (var server = new XdsServer<string>(source, new XdsServerOptions(), NullLoggerFactory.Instance, TimeProvider.System))
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
            await using var controlPlane = builder.Build();
            server.Map(controlPlane, new GrpcServerOptions { Logger = NullLogger.Instance });
            await controlPlane.StartAsync(Cancellation);
            await RunAgentAsync(new Uri(controlPlane.Urls.First()).Port, async agent =>
            {
                (await BodyAsync(agent)).ShouldBe("hello");
                using var client = new HttpClient();
                var health = agent.Proxy.LocalAddress("health")!;
                (await client.GetAsync(new Uri($"http://127.0.0.1:{health.Port}/healthz/ready"), Cancellation)).StatusCode.ShouldBe(HttpStatusCode.OK);
                var admin = agent.Proxy.LocalAddress("admin")!;
                (await client.GetStringAsync(new Uri($"http://127.0.0.1:{admin.Port}/config_dump?resource=dynamic_route_configs"), Cancellation)).ShouldContain("\"name\": \"80\"");
                source.Proxies.ShouldBe(["sidecar~127.0.0.1~lateen.default~default.svc.cluster.local"]);
            });
            server.Close();
            await controlPlane.StopAsync(Cancellation);
        }
        // Nobody listens on port 1: what the first run was told must be enough.
        await RunAgentAsync(1, async agent => (await BodyAsync(agent)).ShouldBe("hello"));
    }

    [Fact]
    public async Task Agent_NothingCapturesItsTraffic_StaysNotReadyAndSaysWhy()
    {
        // Nothing redirects this machine's connections, so the sidecar's own proof fails.
        await RunAgentAsync(1, async agent =>
        {
            agent.Proxy.Apply(TypeUrls.Cluster, "1", []).ShouldBeEmpty();
            agent.Proxy.Apply(TypeUrls.Listener, "1", []).ShouldBeEmpty();
            using var client = new HttpClient();
            using var timeout = new CancellationTokenSource(Patience.Limit);
            string body;
            do
            {
                await Task.Delay(10, timeout.Token);
                var answer = await client.GetAsync(new Uri($"http://127.0.0.1:{agent.Proxy.LocalAddress("health")!.Port}/healthz/ready"), timeout.Token);
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                body = await answer.Content.ReadAsStringAsync(timeout.Token);
            }
            while (!body.Contains("did not reach the sidecar", StringComparison.Ordinal));
        }, mode: "REDIRECT");
        _log.ToString().ShouldContain("Interception does not work, the sidecar stays not ready: a connection to 127.0.0.6:15002 did not reach the sidecar");
    }

    private async Task RunAgentAsync(int port, Func<AgentHost, Task> use, string mode = "NONE")
    {
        var options = new AgentOptions
        {
            Role = "sidecar",
            Domain = "default.svc.cluster.local",
            Addresses = ["127.0.0.1"],
            Root = _root.FullName,
            Concurrency = 1,
            Environment = new Dictionary<string, string> { ["ENVOY_STATUS_PORT"] = "0", ["ENVOY_PROMETHEUS_PORT"] = "0", ["ISTIO_META_INTERCEPTION_MODE"] = mode },
            Proxy = new ProxyConfig
            {
                DiscoveryAddress = $"127.0.0.1:{port}",
                ControlPlaneAuthPolicy = "NONE",
                ProxyAdminPort = 0,
                StatusPort = 0,
                TerminationDrainDuration = TimeSpan.Zero,
            },
        };
        using var logs = new ConsoleLogFactory(_log, new LogLevels(), TimeProvider.System);
        using var client = new HttpClient();
        using var probes = new AppProbes(new Dictionary<string, AppProbe>(), "127.0.0.1");
        var agent = new AgentHost(options, logs, TimeProvider.System, client, probes);
        var running = agent.RunAsync();
        try
        {
            await use(agent);
        }
        finally
        {
            agent.End();
            (await running.WaitAsync(Patience.Limit, Cancellation)).ShouldBe(0, _log.ToString());
        }
    }

    private async Task<string> BodyAsync(AgentHost agent)
    {
        using var client = new HttpClient();
        using var timeout = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            if (agent.Proxy is { IsReady: true } proxy && proxy.ListenerAddress("l") is { } address)
            {
                return await client.GetStringAsync(new Uri($"http://127.0.0.1:{address.Port}/"), Cancellation);
            }
            timeout.IsCancellationRequested.ShouldBeFalse($"not ready within {Patience.Limit}: {_log}");
            await Task.Delay(10, Cancellation);
        }
    }

    private sealed class Source : IXdsResourceSource<string>
    {
        public List<string> Proxies { get; } = [];

        public ValueTask<string> ConnectAsync(XdsPeer peer, CancellationToken cancellation)
        {
            Proxies.Add(peer.Node.Id);
            return new(peer.Node.Id);
        }

        public void Disconnected(XdsPeer peer, string proxy)
        {
        }

        public ValueTask<XdsResourceSet?> GenerateAsync(XdsPeer peer, string proxy, XdsQuery query, CancellationToken cancellation)
        {
            IReadOnlyList<XdsResource> resources = query.TypeUrl switch
            {
                TypeUrls.Listener => [XdsResource.Of("l", Listener())],
                TypeUrls.RouteConfiguration => [XdsResource.Of("80", Routes())],
                _ => [],
            };
            return new(new XdsResourceSet("1", resources));
        }

        private static Listener Listener() => new()
        {
            Name = "l",
            Address = new Address { SocketAddress = new Envoy.Config.Core.V3.SocketAddress { Address = "127.0.0.1", PortValue = 0 } },
            FilterChains =
            {
                new FilterChain
                {
                    Filters =
                    {
                        new Filter
                        {
                            Name = "hcm",
                            TypedConfig = Any.Pack(new HttpConnectionManager
                            {
                                StatPrefix = "in",
                                Rds = new Rds { RouteConfigName = "80", ConfigSource = new ConfigSource { Ads = new AggregatedConfigSource() } },
                                HttpFilters = { new HttpFilter { Name = "router", TypedConfig = Any.Pack(new Router()) } },
                            }),
                        },
                    },
                },
            },
        };

        private static RouteConfiguration Routes() => new()
        {
            Name = "80",
            VirtualHosts =
            {
                new VirtualHost
                {
                    Name = "v",
                    Domains = { "*" },
                    Routes =
                    {
                        new Route
                        {
                            Match = new RouteMatch { Prefix = "/" },
                            DirectResponse = new DirectResponseAction { Status = 200, Body = new DataSource { InlineString = "hello" } },
                        },
                    },
                },
            },
        };
    }
}
