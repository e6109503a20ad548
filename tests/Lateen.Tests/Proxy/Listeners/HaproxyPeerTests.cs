using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.ProxyProtocol.V3;
using Envoy.Extensions.TransportSockets.RawBuffer.V3;
using Lateen.Api;
using Lateen.Tests.Proxy.Tls;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>PROXY headers with HAProxy, whose protocol it is, on both sides: it sends them to our listener, and it takes ours.</summary>
public sealed class HaproxyPeerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lateen-haproxy-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("send-proxy", ProxyProtocolConfig.Types.Version.V2)]
    [InlineData("send-proxy-v2", ProxyProtocolConfig.Types.Version.V1)]
    public async Task Client_ThroughHaproxyAndUsToHaproxy_IsKnownAtTheEnd(string send, ProxyProtocolConfig.Types.Version version)
    {
        await using ProxyBed bed = new();
        Listener listener = ProxyBed.HttpListener("http", ProxyBed.Manager("routes"));
        listener.ListenerFilters.Add(
            new ListenerFilter { Name = "envoy.filters.listener.proxy_protocol", TypedConfig = ProxyBed.Pack(new ProxyProtocol()) });
        Cluster cluster = ProxyBed.Eds("backend");
        cluster.TransportSocket = new TransportSocket
        {
            Name = "envoy.transport_sockets.upstream_proxy_protocol",
            TypedConfig = ProxyBed.Pack(new ProxyProtocolUpstreamTransport
            {
                Config = new() { Version = version },
                TransportSocket = new() { Name = "envoy.transport_sockets.raw_buffer", TypedConfig = ProxyBed.Pack(new RawBuffer()) },
            }),
        };
        bed.Apply(TypeUrls.Cluster, cluster);
        bed.Apply(TypeUrls.Listener, listener);
        bed.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("backend")));
        using Haproxy haproxy = await StartAsync(bed.At(), send);
        bed.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("backend", haproxy.Back));

        string answer = await Tool.RunAsync("curl", "", "-sS", "--local-port", "20000-40000", $"http://{haproxy.Front}/", "-w", "|127.0.0.1:%{local_port}");

        string[] parts = answer.Split('|');
        parts[0].ShouldBe(parts[1], answer);
    }

    // HAProxy has to be told its ports: free ones are picked, and picked anew if somebody was faster.
    private async Task<Haproxy> StartAsync(IPEndPoint proxy, string send)
    {
        string text = "";
        for (int attempt = 0; attempt < 5; attempt++)
        {
            IPEndPoint front = FreePort(), back = FreePort();
            string file = Path.Combine(_folder, "haproxy.cfg");
            await File.WriteAllTextAsync(file, $"""
                defaults
                  mode http
                  timeout client 20s
                  timeout server 20s
                  timeout connect 10s
                listen front
                  mode tcp
                  bind {front}
                  server lateen {proxy} {send}
                frontend back
                  bind {back} accept-proxy
                  http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port]"

                """, TestContext.Current.CancellationToken);
            Haproxy started = new(Tool.Start("haproxy", "-db", "-f", file), front, back);
            if (await started.IsUpAsync())
            {
                return started;
            }
            text = await started.Process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            started.Dispose();
        }
        throw new InvalidOperationException($"haproxy did not start: {text}");
    }

    private static IPEndPoint FreePort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private sealed record Haproxy(Process Process, IPEndPoint Front, IPEndPoint Back) : IDisposable
    {
        public async Task<bool> IsUpAsync()
        {
            while (!Process.HasExited)
            {
                try
                {
                    using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
                    await socket.ConnectAsync(Back, TestContext.Current.CancellationToken);
                    return true;
                }
                catch (SocketException)
                {
                    await Task.Delay(5, TestContext.Current.CancellationToken);
                }
            }
            return false;
        }

        public void Dispose()
        {
            if (!Process.HasExited)
            {
                Process.Kill();
                Process.WaitForExit();
            }
            Process.Dispose();
        }
    }
}
