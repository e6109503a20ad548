using System.Diagnostics;
using System.Net;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Envoy.Extensions.Upstreams.Http.V3;
using Envoy.Service.Auth.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Policies;
using Lateen.Tests.Proxy.Tls;
using Lateen.Translation;
using Shouldly;
using Xunit;
using static Lateen.Tests.Translation.MeshFixture;

namespace Lateen.Tests.Proxy.Filters.ExtAuthz;

/// <summary>A CUSTOM AuthorizationPolicy as the control plane translates it, judged by a gRPC service that others wrote the protocol of (Debian's python3-grpcio).</summary>
public sealed class GrpcAuthorizationTests
{
    private const string JudgeCluster = "outbound|9000||judge.default.svc.cluster.local";

    // Answers what it was given as arguments: the first unless the request holds "x-refuse". Tells each request on its output, in hexadecimal.
    private const string Judge = """
        import sys
        from concurrent import futures
        import grpc

        allow, deny = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2])

        class Authorization(grpc.GenericRpcHandler):
            def service(self, details):
                def check(request, context):
                    print(request.hex(), flush=True)
                    return deny if b"x-refuse" in request else allow
                return grpc.unary_unary_rpc_method_handler(check) if details.method == "/envoy.service.auth.v3.Authorization/Check" else None

        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((Authorization(),))
        print("ready", server.add_insecure_port("127.0.0.1:0"), flush=True)
        server.start()
        sys.stdin.read()
        server.stop(0)
        """;

    [Fact]
    public async Task CustomPolicy_FromTheControlPlane_AsksTheProviderWhereItsRulesMatch()
    {
        using JudgeProcess judge = await JudgeProcess.StartAsync(Allow(), Deny());
        string seen = "";
        await using Backend backend = Backend.Http(r =>
        {
            seen = r;
            return Backend.Ok("served");
        });
        await using ProxyBed bed = Serve(backend, judge, Context().Authorization.CustomHttp());

        (await Ask(bed, "GET /open")).ShouldStartWith("HTTP/1.1 200");
        string allowed = await Ask(bed, "POST /closed?a=b");
        string denied = await Ask(bed, "POST /closed", "x-refuse: 1\r\n");

        allowed.ShouldStartWith("HTTP/1.1 200");
        seen.ShouldContain("x-user: ann\r\n");
        denied.ShouldStartWith("HTTP/1.1 429 ");
        denied.ShouldContain("x-why: because\r\n");
        denied.ShouldEndWith("go away");
        CheckRequest asked = await judge.NextAsync();
        asked.Attributes.Request.Http.Method.ShouldBe("POST");
        asked.Attributes.Request.Http.Path.ShouldBe("/closed?a=b");
        asked.Attributes.Request.Http.Host.ShouldBe("web");
        asked.Attributes.Request.Http.Headers[":path"].ShouldBe("/closed?a=b");
        asked.Attributes.Source.Address.SocketAddress.Address.ShouldBe("127.0.0.1");
        (await judge.NextAsync()).Attributes.Request.Http.Headers.ShouldContainKey("x-refuse");
        Dictionary<string, long> stats = bed.Server.Stats().Where(s => s.Name.StartsWith("http.test.", StringComparison.Ordinal)).ToDictionary(s => s.Name, s => s.Value);
        stats["http.test.ext_authz.ok"].ShouldBe(1);
        stats["http.test.ext_authz.denied"].ShouldBe(1);
        stats["http.test.ext_authz.disabled"].ShouldBe(1);
        stats["http.test.rbac.istio_ext_authz_shadow_denied"].ShouldBe(2);
    }

    [Fact]
    public async Task CustomPolicy_OnAConnection_LetsItThroughOrClosesIt()
    {
        using JudgeProcess judge = await JudgeProcess.StartAsync(Allow(), Deny());
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[16];
            int n = await socket.ReceiveAsync(buffer, stop);
            await socket.SendAsync(buffer.AsMemory(0, n), stop);
        });
        await using ProxyBed bed = new();
        Judged(bed, backend, judge);
        FilterChain chain = new();
        chain.Filters.AddRange(Context().Authorization.CustomNetwork());
        chain.Filters.Add(new Envoy.Config.Listener.V3.Filter
        {
            Name = "envoy.filters.network.tcp_proxy", TypedConfig = ProxyBed.Pack(new TcpProxy { StatPrefix = "t", Cluster = "backend" }),
        });
        bed.Apply(TypeUrls.Listener, new Listener
        {
            Name = "tcp", Address = ProxyBed.Address(new IPEndPoint(IPAddress.Loopback, 0)), FilterChains = { chain },
        });

        (await ProxyBed.Exchange(bed.At("tcp"), "hello", t => t.Length == 5)).ShouldBe("hello");
        (await judge.NextAsync()).Attributes.Destination.Address.SocketAddress.PortValue.ShouldBe((uint)bed.At("tcp").Port);
        judge.Kill();

        // Nothing is sent: what nobody read would make the close a reset.
        (await ProxyBed.Exchange(bed.At("tcp"), "", _ => false)).ShouldBe("");
    }

    private static CheckResponse Allow() => new()
    {
        OkResponse = new() { Headers = { new Envoy.Config.Core.V3.HeaderValueOption { Header = new() { Key = "x-user", Value = "ann" } } } },
    };

    private static CheckResponse Deny() => new()
    {
        Status = new() { Code = 7 },
        DeniedResponse = new()
        {
            Status = new() { Code = Envoy.Type.V3.StatusCode.TooManyRequests },
            Body = "go away",
            Headers = { new Envoy.Config.Core.V3.HeaderValueOption { Header = new() { Key = "x-why", Value = "because" } } },
        },
    };

    private static ProxyContext Context()
    {
        AuthorizationPolicyConfig policy = new()
        {
            Meta = Meta("AuthorizationPolicy", "custom") with { Group = "security.istio.io" },
            Action = AuthorizationAction.Custom,
            Provider = "judge",
            Rules = new[] { new AuthorizationRule { To = [new() { Methods = ["POST"] }] } }.ToEquatableArray(),
        };
        return new(MeshSnapshot.Build(new MeshInputs
        {
            Configs = new IIstioConfig[] { policy }.ToEquatableArray(),
            Mesh = new() { ExtensionProviders = [new ExtAuthzGrpcProvider("judge", "judge.default.svc.cluster.local", 9000)] },
            Services = [Service("judge", "10.96.0.20", ("grpc", 9000, Protocol.Grpc))],
        }), Sidecar());
    }

    private static void Judged(ProxyBed bed, Backend backend, JudgeProcess judge)
    {
        Cluster cluster = ProxyBed.Eds(JudgeCluster);
        cluster.TypedExtensionProtocolOptions.Add(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            ProxyBed.Pack(new HttpProtocolOptions { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } }));
        bed.Apply(TypeUrls.Cluster, ProxyBed.Eds("backend"), cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", backend.At), ProxyBed.Endpoints(JudgeCluster, judge.At));
    }

    private static ProxyBed Serve(Backend backend, JudgeProcess judge, IEnumerable<HttpFilter> filters)
    {
        ProxyBed bed = new();
        Judged(bed, backend, judge);
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes", m => m.HttpFilters.AddRange(filters))));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        return bed;
    }

    private static Task<string> Ask(ProxyBed bed, string request, string fields = "") => ProxyBed.Exchange(
        bed.At(), $"{request} HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n{fields}\r\n", t => t.EndsWith("served") || t.EndsWith("away"));

    private sealed class JudgeProcess : IDisposable
    {
        private readonly Process _process;

        private JudgeProcess(Process process, int port) => (_process, At) = (process, new IPEndPoint(IPAddress.Loopback, port));

        public IPEndPoint At { get; }

        public static async Task<JudgeProcess> StartAsync(CheckResponse allow, CheckResponse deny)
        {
            Process process = Tool.Start(
                "/usr/bin/python3", "-c", Judge, Convert.ToHexString(allow.ToByteArray()), Convert.ToHexString(deny.ToByteArray()));
            string? ready = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            return new JudgeProcess(process, int.Parse(ready!.Split(' ')[1]));
        }

        public async Task<CheckRequest> NextAsync() => CheckRequest.Parser.ParseFrom(
            Convert.FromHexString((await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!));

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                Kill();
            }
            _process.Dispose();
        }
    }
}
