using System.Runtime.InteropServices;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy;
using Microsoft.Extensions.Logging.Abstractions;
using Cluster = Envoy.Config.Cluster.V3.Cluster;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

// proxybench <http|h2|tcp> <listen port> <backend port> [threads] [access log file] [other services]
// TLS_DOWN and TLS_UP name folders with cert.pem, key.pem and ca.pem: mutual TLS 1.3 with clients, and with the backend.
// The chain is a sidecar's: many virtual hosts, header routes, the default retry policy, statistics.
string mode = args[0];
uint listen = uint.Parse(args[1]), backend = uint.Parse(args[2]);
int threads = args.Length > 3 ? int.Parse(args[3]) : 1;
string log = args.Length > 4 && args[4] != "-" ? args[4] : "";
int services = args.Length > 5 ? int.Parse(args[5]) : 100;

static Any Pack(IMessage message) => new() { TypeUrl = TypeUrls.Of(message), Value = message.ToByteString() };
static Address At(string host, uint port) => new() { SocketAddress = new() { Address = host, PortValue = port } };

static CommonTlsContext Tls(string folder)
{
    static DataSource Of(string path) => new() { Filename = path };
    CommonTlsContext common = new() { TlsParams = new() { TlsMinimumProtocolVersion = TlsParameters.Types.TlsProtocol.Tlsv13 } };
    common.TlsCertificates.Add(new TlsCertificate { CertificateChain = Of($"{folder}/cert.pem"), PrivateKey = Of($"{folder}/key.pem") });
    common.ValidationContext = new() { TrustedCa = Of($"{folder}/ca.pem") };
    common.ValidationContext.MatchTypedSubjectAltNames.Add(new SubjectAltNameMatcher
    {
        SanType = SubjectAltNameMatcher.Types.SanType.Uri, Matcher = new() { Prefix = "spiffe://cluster.local/" },
    });
    return common;
}
static TransportSocket Socket(IMessage context) => new() { Name = "envoy.transport_sockets.tls", TypedConfig = Pack(context) };
string? tlsDown = Environment.GetEnvironmentVariable("TLS_DOWN"), tlsUp = Environment.GetEnvironmentVariable("TLS_UP");

ProxyServer server = new(new ProxyOptions { Concurrency = threads }, NullLoggerFactory.Instance, TimeProvider.System, new Random(1));

List<Any> clusters = [];
List<Any> endpoints = [];
RouteConfiguration routes = new() { Name = "routes", IgnorePortInHostMatching = true };
for (int i = 0; i < services; i++)
{
    string name = $"outbound|8080||service-{i}.default.svc.cluster.local";
    Cluster cluster = new()
    {
        Name = name, Type = Cluster.Types.DiscoveryType.Eds, LbPolicy = Cluster.Types.LbPolicy.LeastRequest,
        ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(10)), EdsClusterConfig = new() { ServiceName = name },
        CircuitBreakers = new(),
    };
    cluster.CircuitBreakers.Thresholds.Add(new CircuitBreakers.Types.Thresholds
    {
        MaxConnections = uint.MaxValue, MaxPendingRequests = uint.MaxValue, MaxRequests = uint.MaxValue, MaxRetries = uint.MaxValue,
    });
    if (tlsUp is not null)
    {
        cluster.TransportSocket = Socket(new UpstreamTlsContext { CommonTlsContext = Tls(tlsUp), Sni = "outbound_.8080_._.service" });
    }
    if (mode == "h2")
    {
        Envoy.Extensions.Upstreams.Http.V3.HttpProtocolOptions options = new() { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } };
        cluster.TypedExtensionProtocolOptions.Add("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", Pack(options));
    }
    clusters.Add(Pack(cluster));
    ClusterLoadAssignment assignment = new() { ClusterName = name };
    assignment.Endpoints.Add(new LocalityLbEndpoints());
    assignment.Endpoints[0].LbEndpoints.Add(new LbEndpoint { Endpoint = new() { Address = At("127.0.0.1", backend) } });
    endpoints.Add(Pack(assignment));
    VirtualHost host = new() { Name = $"service-{i}:8080", IncludeRequestAttemptCount = true };
    host.Domains.Add($"service-{i}.default.svc.cluster.local");
    host.Domains.Add($"service-{i}");
    Route Forward() => new()
    {
        Name = "default", Match = new() { Prefix = "/" },
        Route_ = new() { Cluster = name, Timeout = new Duration(), RetryPolicy = new() { RetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes", NumRetries = 2 } },
        Decorator = new() { Operation = $"service-{i}:8080/*" },
    };
    Route canary = Forward();
    canary.Match.Headers.Add(new HeaderMatcher { Name = "x-canary", StringMatch = new() { Exact = "yes" } });
    host.Routes.Add(canary);
    host.Routes.Add(Forward());
    routes.VirtualHosts.Add(host);
}
VirtualHost any = new() { Name = "any" };
any.Domains.Add("*");
any.Routes.Add(new Route { Name = "any", Match = new() { Prefix = "/" }, Route_ = new() { Cluster = "outbound|8080||service-0.default.svc.cluster.local", Timeout = new Duration() } });
routes.VirtualHosts.Add(any);

Envoy.Config.Listener.V3.FilterChain chain = new();
if (mode == "tcp")
{
    chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "tcp", TypedConfig = Pack(new TcpProxy { StatPrefix = "t", Cluster = "outbound|8080||service-0.default.svc.cluster.local" }) });
}
else
{
    HttpConnectionManager manager = new()
    {
        StatPrefix = "outbound_0.0.0.0_8080", Rds = new() { RouteConfigName = "routes" }, NormalizePath = true, UseRemoteAddress = false,
        GenerateRequestId = true,
    };
    if (log.Length > 0)
    {
        manager.AccessLog.Add(new Envoy.Config.Accesslog.V3.AccessLog { Name = "file", TypedConfig = Pack(new FileAccessLog { Path = log }) });
    }
    manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.router", TypedConfig = Pack(new Router()) });
    chain.Filters.Add(new Envoy.Config.Listener.V3.Filter { Name = "hcm", TypedConfig = Pack(manager) });
}
if (tlsDown is not null)
{
    chain.TransportSocket = Socket(new DownstreamTlsContext { CommonTlsContext = Tls(tlsDown), RequireClientCertificate = true });
}
Listener listener = new() { Name = "bench", Address = At("127.0.0.1", listen) };
listener.FilterChains.Add(chain);

foreach ((string type, List<Any> set) in new (string, List<Any>)[]
{
    (TypeUrls.Cluster, clusters), (TypeUrls.ClusterLoadAssignment, endpoints), (TypeUrls.Listener, [Pack(listener)]),
    (TypeUrls.RouteConfiguration, [Pack(routes)]),
})
{
    foreach (ResourceProblem problem in server.Apply(type, "1", set))
    {
        Console.Error.WriteLine(problem);
    }
}
using CancellationTokenSource stop = new();
using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
Console.WriteLine("ready");
await server.RunAsync(stop.Token);
