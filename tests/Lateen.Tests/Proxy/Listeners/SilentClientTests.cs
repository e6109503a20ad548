using System.Net;
using System.Net.Sockets;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Lateen.Api;
using Lateen.Net.Sockets;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Workers;
using Shouldly;
using Xunit;
using Cluster = Envoy.Config.Cluster.V3.Cluster;
using SocketType = System.Net.Sockets.SocketType;

namespace Lateen.Tests.Proxy.Listeners;

/// <summary>When the server of a client that says nothing is called. The loop is held meanwhile, so that its clock stands where the test puts it.</summary>
public sealed class SilentClientTests
{
    private const int Moment = global::Lateen.Proxy.Listeners.Inspection.SilenceMilliseconds;

    [Fact]
    public async Task WayPastTheServices_OfAnOutboundPort_IsCalledWhenTheClientsMomentIsOver()
    {
        await using Bed bed = new(TrafficDirection.Outbound, "passthrough");

        long[] calls = await bed.OnLoopAsync<long[]>((worker, _) => [bed.Calls, bed.CallsAfter(worker, Moment - 1), bed.CallsAfter(worker, Moment)]);

        calls.ShouldBe([0, 0, 1]);
    }

    [Theory]
    [InlineData(TrafficDirection.Outbound, "service")]
    [InlineData(TrafficDirection.Inbound, "passthrough")]
    public async Task OtherServer_IsCalledAtOnce(TrafficDirection direction, string cluster)
    {
        await using Bed bed = new(direction, cluster);

        (await bed.OnLoopAsync((_, _) => bed.Calls)).ShouldBe(1);
    }

    [Fact]
    public async Task HttpClient_ThatSpeaksWithinItsMoment_IsServedAndNobodyIsCalledAhead()
    {
        await using Bed bed = new(TrafficDirection.Outbound, "passthrough");

        await bed.OnLoopAsync((_, accepted) =>
        {
            bed.Client.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8);
            return accepted.Poll(Patience.Limit, SelectMode.SelectRead);
        });

        (await ProxyBed.Receive(bed.Client, t => t.EndsWith("page", StringComparison.Ordinal))).ShouldStartWith("HTTP/1.1 200");
        bed.Calls.ShouldBe(0);
    }

    /// <summary>A client that wanted to reach a server of its own and is given to the listener once the loop is held; routes lead to another server.</summary>
    private sealed class Bed : IAsyncDisposable
    {
        private readonly ProxyBed _proxy = new();
        private readonly Backend _pages = Backend.Http(_ => Backend.Ok("page"));
        private readonly Socket _wanted = new(SocketType.Stream, ProtocolType.Tcp);
        private readonly ListenerRuntime _listener;
        private readonly string _cluster;

        public Bed(TrafficDirection direction, string cluster)
        {
            _cluster = cluster;
            _wanted.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _wanted.Listen();
            var wanted = (IPEndPoint)_wanted.LocalEndPoint!;
            Cluster passthrough = ProxyBed.Eds("passthrough");
            (passthrough.Type, passthrough.LbPolicy) = (Cluster.Types.DiscoveryType.OriginalDst, Cluster.Types.LbPolicy.ClusterProvided);
            passthrough.EdsClusterConfig = null;
            _proxy.Apply(TypeUrls.Cluster, ProxyBed.Eds("pages"), ProxyBed.Eds("service"), passthrough);
            _proxy.Apply(TypeUrls.ClusterLoadAssignment, ProxyBed.Endpoints("pages", _pages.At), ProxyBed.Endpoints("service", wanted));
            Listener listener = SniffedListener.Of(cluster);
            listener.TrafficDirection = direction;
            CompileScope scope = new(_proxy.Server.Runtime, listener.Name);
            _listener = new(ListenerCompiler.Compile(scope, listener, null)!, _proxy.Server.Runtime.All, () => ListenerTable.Empty, _proxy.Server.Runtime);
            _proxy.Apply(TypeUrls.RouteConfiguration, ProxyBed.Routes("routes", ProxyBed.To("pages")));
            Client.Connect(wanted);
        }

        public Socket Client { get; } = new(SocketType.Stream, ProtocolType.Tcp);

        /// <summary>Connections that the plain chain's cluster has begun.</summary>
        public long Calls => _proxy.Server.Stats().Where(s => s.Name == $"cluster.{_cluster}.upstream_cx_total").Sum(s => s.Value);

        /// <summary>The same, when so much time has passed for the loop's timers.</summary>
        public long CallsAfter(ProxyWorker worker, int milliseconds)
        {
            worker.Loop.Timers.Advance(worker.Loop.Now + milliseconds);
            return Calls;
        }

        /// <summary>Holds the loop, lets the listener have the silent client, and goes on with the rest.</summary>
        public Task<T> OnLoopAsync<T>(Func<ProxyWorker, Socket, T> rest)
        {
            ProxyWorker worker = _proxy.Server.Runtime.All[0];
            TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            worker.Loop.Post(() =>
            {
                try
                {
                    _wanted.Poll(Patience.Limit, SelectMode.SelectRead).ShouldBeTrue("the client has connected");
                    int fd = SocketCalls.Accept((int)_wanted.Handle, out IpEndpoint remote);
                    _listener.OnAccepted(worker.Loop, fd, remote);
                    using Socket accepted = new(new SafeSocketHandle(fd, ownsHandle: false));
                    done.SetResult(rest(worker, accepted));
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
            return done.Task.WaitAsync(Patience.Limit, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            _wanted.Dispose();
            await _proxy.DisposeAsync();
            await _pages.DisposeAsync();
        }
    }
}
