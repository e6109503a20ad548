using System.Diagnostics;
using System.Net;
using Envoy.Extensions.Upstreams.Http.V3;
using Lateen.Api;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy;

/// <summary>Peers that others wrote: curl, nghttp, h2load, and gRPC's own C core (by Python) through two proxies.</summary>
public sealed class Http2PeerTests
{
    // Debian's own: another python3 earlier on the PATH does not see Debian's python3-grpcio.
    private const string Python = "/usr/bin/python3";

    // Generic handlers: bytes in, bytes out, no generated code. Prints "ready PORT", serves until its input ends.
    private const string GrpcServer = """
        import sys, time
        from concurrent import futures
        import grpc

        class Echo(grpc.GenericRpcHandler):
            def service(self, details):
                def unary(request, context):
                    if request == b"missing":
                        context.set_trailing_metadata((("x-why", "gone"),))
                        context.abort(grpc.StatusCode.NOT_FOUND, "no such thing: 100%")
                    if request == b"slow":
                        time.sleep(5)
                    return b"echo " + request
                def server_stream(request, context):
                    for i in range(200):
                        yield b"%d " % i + request * 100
                def client_stream(requests, context):
                    return b"%d" % sum(len(r) for r in requests)
                def both(requests, context):
                    for r in requests:
                        yield b"re " + r
                return {
                    "/t.Echo/Unary": grpc.unary_unary_rpc_method_handler(unary),
                    "/t.Echo/Server": grpc.unary_stream_rpc_method_handler(server_stream),
                    "/t.Echo/Client": grpc.stream_unary_rpc_method_handler(client_stream),
                    "/t.Echo/Both": grpc.stream_stream_rpc_method_handler(both),
                }.get(details.method)

        server = grpc.server(futures.ThreadPoolExecutor(8))
        server.add_generic_rpc_handlers((Echo(),))
        print("ready", server.add_insecure_port("127.0.0.1:0"), flush=True)
        server.start()
        sys.stdin.read()
        server.stop(0)
        """;

    private const string GrpcClient = """
        import sys, grpc
        channel = grpc.insecure_channel(sys.argv[1])
        unary = channel.unary_unary("/t.Echo/Unary")
        print("unary", unary(b"hi", timeout=20))
        try:
            unary(b"missing", timeout=20)
        except grpc.RpcError as e:
            print("missing", e.code().name, e.details(), dict(e.trailing_metadata()).get("x-why"))
        try:
            unary(b"slow", timeout=0.3)
        except grpc.RpcError as e:
            print("slow", e.code().name)
        try:
            channel.unary_unary("/t.Echo/None")(b"", timeout=20)
        except grpc.RpcError as e:
            print("none", e.code().name)
        print("server", sum(len(m) for m in channel.unary_stream("/t.Echo/Server")(b"0123456789", timeout=20)))
        print("client", channel.stream_unary("/t.Echo/Client")((b"x" * 1000 for _ in range(500)), timeout=20))
        def turns():
            for i in range(3):
                yield b"%d" % i
        print("both", b",".join(channel.stream_stream("/t.Echo/Both")(turns(), timeout=20)))
        """;

    [Fact]
    public async Task Curl_WithPriorKnowledge_IsServed()
    {
        await using Backend backend = Backend.Http(r => Backend.Ok(r.Contains("x-one: 1") ? "seen" : "lost"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await RunAsync("curl", "-s", "-i", "--http2-prior-knowledge", "-H", "X-One: 1", "-d", "body", $"http://{bed.At()}/");

        answer.ShouldStartWith("HTTP/2 200");
        answer.ShouldEndWith("seen");
    }

    [Fact]
    public async Task Nghttp_WithPriorityAndPadding_IsServed()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok(new string('y', 5000)));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await RunAsync("nghttp", "-n", "-s", "-b", "64", "-w", "14", "-p", "200", $"http://{bed.At()}/a", $"http://{bed.At()}/b");

        answer.ShouldContain(" 200 ");
        answer.ShouldContain("/b");
    }

    [Fact]
    public async Task H2load_WithManyStreams_LosesNothing()
    {
        await using Backend backend = Backend.Http(_ => Backend.Ok("x"));
        await using ProxyBed bed = new();
        bed.ServeHttp(backend.At);

        string answer = await RunAsync("h2load", "-n", "2000", "-c", "4", "-m", "16", $"http://{bed.At()}/");

        answer.ShouldContain("2000 succeeded, 0 failed, 0 errored, 0 timeout");
        answer.ShouldContain("2000 2xx");
    }

    [Fact]
    public async Task Grpc_OfEveryKind_PassesTwoProxies()
    {
        using Process server = Start(Python, "-c", GrpcServer);
        try
        {
            string? ready = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            int port = int.Parse(ready!.Split(' ')[1]);
            await using ProxyBed inbound = Serve(new IPEndPoint(IPAddress.Loopback, port));
            await using ProxyBed outbound = Serve(inbound.At());

            string answer = await RunAsync(Python, "-c", GrpcClient, outbound.At().ToString());

            answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(
            [
                "unary b'echo hi'", "missing NOT_FOUND no such thing: 100% gone", "slow DEADLINE_EXCEEDED", "none UNIMPLEMENTED",
                $"server {(200 * 1000) + 690}", "client b'500000'", "both b're 0,re 1,re 2'",
            ]);
        }
        finally
        {
            server.Kill();
        }
    }

    private static ProxyBed Serve(IPEndPoint upstream)
    {
        ProxyBed bed = new();
        Envoy.Config.Cluster.V3.Cluster cluster = ProxyBed.Eds("backend");
        cluster.TypedExtensionProtocolOptions.Add(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            ProxyBed.Pack(new HttpProtocolOptions { ExplicitHttpConfig = new() { Http2ProtocolOptions = new() } }));
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", upstream));
        bed.Apply(TypeUrls.Listener, ProxyBed.HttpListener("http", ProxyBed.Manager("routes")));
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        return bed;
    }

    private static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
    })!;

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        try
        {
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? output : $"{output}exit code {process.ExitCode}: {await error}";
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
