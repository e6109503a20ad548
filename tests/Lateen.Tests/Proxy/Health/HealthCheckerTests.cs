using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Views;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Health;

/// <summary>Active health checks against real servers.</summary>
public sealed class HealthCheckerTests
{
    [Fact]
    public async Task HttpCheck_FailsAndPasses_AsTheServerSays()
    {
        int status = 200;
        TaskCompletionSource<string> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Backend backend = Backend.Http(r =>
        {
            asked.TrySetResult(r);
            return $"HTTP/1.1 {Volatile.Read(ref status)} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        });
        await using ProxyBed bed = new();
        Serve(bed, backend.At, new HealthCheck { HttpHealthCheck = new() { Path = "/healthz", Host = "probe" } });

        await Until(bed, "healthy");
        (await asked.Task).ShouldStartWith("GET /healthz HTTP/1.1\r\nhost: probe\r\nuser-agent: Envoy/HC\r\n");
        Volatile.Write(ref status, 503);
        await Until(bed, "/failed_active_hc");
        Volatile.Write(ref status, 200);
        await Until(bed, "healthy");
        bed.Server.Stats().Single(s => s.Name == "cluster.backend.health_check.failure").Value.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task TcpCheck_WithoutListener_Fails()
    {
        IPEndPoint nobody;
        using (Socket closed = new(SocketType.Stream, ProtocolType.Tcp))
        {
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            nobody = (IPEndPoint)closed.LocalEndPoint!;
        }
        await using ProxyBed bed = new();
        Serve(bed, nobody, new HealthCheck { TcpHealthCheck = new() });

        await Until(bed, "/failed_active_hc");
    }

    [Fact]
    public async Task TcpCheck_WithExpectedBytes_ReadsThem()
    {
        await using Backend backend = new(async (socket, stop) =>
        {
            byte[] buffer = new byte[16];
            int n = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            if (buffer.AsSpan(0, n).SequenceEqual("PING"u8))
            {
                await socket.SendAsync("+PONG\r\n"u8.ToArray(), SocketFlags.None, stop);
            }
        });
        await using ProxyBed bed = new();
        Serve(bed, backend.At, new HealthCheck
        {
            TcpHealthCheck = new() { Send = new() { Text = "50494E47" }, Receive = { new HealthCheck.Types.Payload { Text = "504F4E47" } } },
        });

        await Until(bed, "healthy");
    }

    [Fact]
    public async Task GrpcCheck_AgainstARealServer_FollowsWhatItSays()
    {
        // Debian's python3-grpcio; answers grpc.health.v1.Health/Check: 1 is SERVING, 2 is NOT_SERVING; each line of its input is the next answer.
        const string script = """
            import sys
            from concurrent import futures
            import grpc

            answer = 1

            class Health(grpc.GenericRpcHandler):
                def service(self, details):
                    def check(request, context):
                        return bytes([8, answer]) if request == b"\x0a\x03app" else b""
                    return grpc.unary_unary_rpc_method_handler(check) if details.method == "/grpc.health.v1.Health/Check" else None

            server = grpc.server(futures.ThreadPoolExecutor(4))
            server.add_generic_rpc_handlers((Health(),))
            print("ready", server.add_insecure_port("127.0.0.1:0"), flush=True)
            server.start()
            for line in sys.stdin:
                answer = int(line)
            server.stop(0)
            """;
        using Process server = Tool.Start("/usr/bin/python3", "-c", script);
        try
        {
            string? ready = await server.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            await using ProxyBed bed = new();
            Serve(bed, new IPEndPoint(IPAddress.Loopback, int.Parse(ready!.Split(' ')[1])), new HealthCheck { GrpcHealthCheck = new() { ServiceName = "app" } });

            await Until(bed, "healthy");
            await server.StandardInput.WriteLineAsync("2");
            await server.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            await Until(bed, "/failed_active_hc");
            await server.StandardInput.WriteLineAsync("1");
            await server.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            await Until(bed, "healthy");
        }
        finally
        {
            server.Kill();
        }
    }

    private static void Serve(ProxyBed bed, IPEndPoint at, HealthCheck check)
    {
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.HealthChecks.Add(Timed(check));
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", at));
    }

    private static HealthCheck Timed(HealthCheck check)
    {
        check.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(2));
        check.Interval = check.NoTrafficInterval = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(10));
        (check.HealthyThreshold, check.UnhealthyThreshold) = (1, 1);
        return check;
    }

    private static async Task Until(ProxyBed bed, string flags)
    {
        using CancellationTokenSource limit = new(Patience.Limit);
        while (true)
        {
            IReadOnlyList<HostView> hosts = bed.Server.Clusters()[0].Hosts;
            if (hosts.Count == 1 && hosts[0].HealthFlags == flags)
            {
                return;
            }
            limit.IsCancellationRequested.ShouldBeFalse($"expected {flags}, is {string.Join(' ', hosts.Select(h => h.HealthFlags))}");
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }
}
