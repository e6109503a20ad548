using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Microsoft.Extensions.Logging.Abstractions;
using Cluster = Envoy.Config.Cluster.V3.Cluster;

namespace Lateen.Tests.Proxy;

/// <summary>A running proxy with resources given by the test, on ports the kernel picks.</summary>
internal sealed class ProxyBed : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    public ProxyBed(ProxyOptions? options = null)
    {
        Server = new ProxyServer(
            options ?? new ProxyOptions { Concurrency = 1 }, NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
        _run = Server.RunAsync(_stop.Token);
    }

    public ProxyServer Server { get; }

    public static Any Pack(IMessage message) => new() { TypeUrl = TypeUrls.Of(message), Value = message.ToByteString() };

    public void Apply(string typeUrl, params IMessage[] resources)
    {
        IReadOnlyList<ResourceProblem> problems = Server.Apply(typeUrl, "1", [.. resources.Select(Pack)]);
        if (problems.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', problems));
        }
    }

    public static Cluster Eds(string name) => new()
    {
        Name = name,
        Type = Cluster.Types.DiscoveryType.Eds,
        EdsClusterConfig = new() { EdsConfig = new() { Ads = new() } },
        ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)),
    };

    public static Envoy.Config.Core.V3.Address Address(IPEndPoint at) =>
        new() { SocketAddress = new() { Address = at.Address.ToString(), PortValue = (uint)at.Port } };

    public static ClusterLoadAssignment Endpoints(string cluster, params IPEndPoint[] endpoints)
    {
        LocalityLbEndpoints group = new();
        group.LbEndpoints.AddRange(endpoints.Select(e => new LbEndpoint { Endpoint = new() { Address = Address(e) } }));
        ClusterLoadAssignment assignment = new() { ClusterName = cluster };
        assignment.Endpoints.Add(group);
        return assignment;
    }

    public static RouteConfiguration Routes(string name, params Route[] routes)
    {
        VirtualHost host = new() { Name = "all" };
        host.Domains.Add("*");
        host.Routes.AddRange(routes);
        RouteConfiguration config = new() { Name = name };
        config.VirtualHosts.Add(host);
        return config;
    }

    public static Route To(string cluster, string prefix = "/") => new()
    {
        Name = "default",
        Match = new() { Prefix = prefix },
        Route_ = new() { Cluster = cluster, Timeout = Duration.FromTimeSpan(TimeSpan.Zero) },
    };

    public static HttpConnectionManager Manager(string routes, Action<HttpConnectionManager>? change = null)
    {
        HttpConnectionManager manager = new()
        {
            StatPrefix = "test",
            Rds = new() { RouteConfigName = routes, ConfigSource = new() { Ads = new() } },
        };
        change?.Invoke(manager);
        manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.router", TypedConfig = Pack(new Router()) });
        return manager;
    }

    public static Listener HttpListener(string name, HttpConnectionManager manager, int port = 0)
    {
        FilterChain chain = new() { Name = "http" };
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.http_connection_manager", TypedConfig = Pack(manager) });
        Listener listener = new() { Name = name, Address = Address(new IPEndPoint(IPAddress.Loopback, port)) };
        listener.FilterChains.Add(chain);
        return listener;
    }

    /// <summary>One cluster "backend", one route configuration "routes", one listener "http".</summary>
    public void ServeHttp(IPEndPoint backend, Action<Route>? change = null, Action<HttpConnectionManager>? manager = null)
    {
        Route route = To("backend");
        change?.Invoke(route);
        Apply(TypeUrls.Cluster, Eds("backend"));
        Apply(TypeUrls.ClusterLoadAssignment, Endpoints("backend", backend));
        Apply(TypeUrls.Listener, HttpListener("http", Manager("routes", manager)));
        Apply(TypeUrls.RouteConfiguration, Routes("routes", route));
    }

    public IPEndPoint At(string listener = "http") =>
        Server.ListenerAddress(listener) ?? throw new InvalidOperationException($"listener {listener} is not open");

    /// <summary>Sends raw text, half-closes nothing, reads until the peer closes or the text so far satisfies the test.</summary>
    public static async Task<string> Exchange(IPEndPoint at, string request, Func<string, bool> enough)
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(at);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        return await Receive(socket, enough);
    }

    public static async Task<string> Receive(Socket socket, Func<string, bool> enough)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        StringBuilder text = new();
        byte[] buffer = new byte[65536];
        while (!enough(text.ToString()))
        {
            int n;
            try
            {
                n = await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"nothing more came after: {text}");
            }
            if (n == 0)
            {
                break;
            }
            text.Append(Encoding.Latin1.GetString(buffer, 0, n));
        }
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }
}
