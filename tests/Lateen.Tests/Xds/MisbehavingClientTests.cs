using System.Collections.Concurrent;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Google.Rpc;
using Lateen.Api;
using Lateen.Grpc.Client;
using Lateen.Grpc.Server;
using Lateen.Xds;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

/// <summary>Clients that do not read, never acknowledge, refuse everything or come back in a loop: they cost a bounded amount and delay nobody.</summary>
public sealed class MisbehavingClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // More than all buffers between both ends hold: 16 MB.
    private const int Clusters = 64;
    private const int ClusterBytes = 256 << 10;

    private readonly Source _source = new();
    private readonly Observer _observer = new();
    private readonly XdsServer<string> _server;
    private readonly WebApplication _host;
    private readonly List<GrpcChannel> _channels = [];

    public MisbehavingClientTests()
    {
        _server = new XdsServer<string>(_source, new XdsServerOptions { LongestReconnectPause = TimeSpan.FromMilliseconds(5) }, NullLoggerFactory.Instance, TimeProvider.System, _observer);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        _host = builder.Build();
        _server.Map(_host, new GrpcServerOptions { Logger = NullLogger.Instance });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _host.StartAsync(Cancellation);

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        _server.Close();
        await _host.DisposeAsync();
        _server.Dispose();
    }

    [Fact]
    public async Task Client_ThatDoesNotRead_IsMadeOneAnswerAndNoMore_AndOthersGetEveryChange()
    {
        await using var stuck = await OpenAsync("stuck");
        await using var healthy = await OpenAsync("healthy");
        await NextAsync(healthy);
        await UntilAsync(() => _source.Made("stuck") == 1);
        for (var change = 1; change <= 20; change++)
        {
            _source.Change = change;
            _server.Push(new XdsPush<string>());
            (await NextAsync(healthy)).VersionInfo.ShouldBe($"v{change}");
        }

        _source.Made("stuck").ShouldBe(1, "its first answer is not written yet: nothing else may be made for it");

        // It reads at last: what it gets next is the newest, not the twenty in between.
        (await NextAsync(stuck)).VersionInfo.ShouldBe("v0");
        (await NextAsync(stuck)).VersionInfo.ShouldBe("v20");
    }

    [Fact]
    public async Task Client_ThatNeverAcknowledges_GetsOneAnswer_AndTheNewestWhenItDoes()
    {
        await using var silent = await OpenAsync("silent");
        await using var healthy = await OpenAsync("healthy");
        await NextAsync(healthy);
        var (_, first) = await silent.ReadAsync().AsTask().WaitAsync(Patience, Cancellation);
        for (var change = 1; change <= 20; change++)
        {
            _source.Change = change;
            _server.Push(new XdsPush<string>());
            await NextAsync(healthy);
        }

        _source.Made("silent").ShouldBe(1);
        await silent.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Cluster, ResponseNonce = first.Nonce });
        (await silent.ReadAsync().AsTask().WaitAsync(Patience, Cancellation)).Message.VersionInfo.ShouldBe("v20");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_ThatRefusesEverything_IsHeardOncePerAnswer_AndAnsweredOncePerChange(bool isDelta)
    {
        const int repeats = 50;
        await using var healthy = await OpenAsync("healthy");
        await NextAsync(healthy);
        if (isDelta)
        {
            await using var refusing = Channel().Start(AdsMethods.Delta, new GrpcCallOptions(), Cancellation);
            await refusing.WriteAsync(new DeltaDiscoveryRequest { TypeUrl = TypeUrls.Cluster, Node = new Node { Id = "refusing" } });
            await RefuseAsync(
                async () => (await refusing.ReadAsync().AsTask().WaitAsync(Patience, Cancellation)).Message.Nonce,
                nonce => refusing.WriteAsync(new DeltaDiscoveryRequest
                {
                    TypeUrl = TypeUrls.Cluster, ResponseNonce = nonce, ErrorDetail = new Status { Code = 13, Message = "never" },
                }));
        }
        else
        {
            await using var refusing = await OpenAsync("refusing");
            await RefuseAsync(
                async () => (await refusing.ReadAsync().AsTask().WaitAsync(Patience, Cancellation)).Message.Nonce,
                nonce => refusing.WriteAsync(new DiscoveryRequest
                {
                    TypeUrl = TypeUrls.Cluster, ResponseNonce = nonce, ErrorDetail = new Status { Code = 13, Message = "never" },
                }));
        }

        async Task RefuseAsync(Func<Task<string>> readAsync, Func<string, ValueTask> refuseAsync)
        {
            for (var change = 1; change <= 5; change++)
            {
                var nonce = await readAsync();
                for (var i = 0; i < repeats; i++)
                {
                    await refuseAsync(nonce);
                }

                await UntilAsync(() => _observer.Rejected + _observer.Stale == change * repeats);
                _observer.Rejected.ShouldBe(change);
                _source.Made("refusing").ShouldBe(change);
                _source.Change = change;
                _server.Push(new XdsPush<string>());
                (await NextAsync(healthy)).VersionInfo.ShouldBe($"v{change}");
            }
        }
    }

    [Fact]
    public async Task Client_ThatComesBackInALoop_LeavesNothingBehind()
    {
        await using var healthy = await OpenAsync("healthy");
        await NextAsync(healthy);
        for (var i = 0; i < 100; i++)
        {
            var call = await OpenAsync("loop");
            if (i % 2 == 0)
            {
                await call.ReadAsync().AsTask().WaitAsync(Patience, Cancellation);
            }

            await call.DisposeAsync();
        }

        await UntilAsync(() => _server.ConnectionCount == 1 && _source.Connected == 1);
        _source.Change = 1;
        _server.Push(new XdsPush<string>());
        (await NextAsync(healthy)).VersionInfo.ShouldBe("v1");
    }

    private GrpcChannel Channel()
    {
        var channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri(_host.Urls.First()) });
        _channels.Add(channel);
        return channel;
    }

    private async Task<GrpcCall<DiscoveryRequest, DiscoveryResponse>> OpenAsync(string name)
    {
        var call = Channel().Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Cluster, Node = new Node { Id = name } });
        return call;
    }

    private static async Task<DiscoveryResponse> NextAsync(GrpcCall<DiscoveryRequest, DiscoveryResponse> call)
    {
        var (any, response) = await call.ReadAsync().AsTask().WaitAsync(Patience, Cancellation);
        any.ShouldBeTrue("the server ended the stream");
        response.Resources.Count.ShouldBe(Clusters);
        await call.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Cluster, ResponseNonce = response.Nonce, VersionInfo = response.VersionInfo });
        return response;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, timeout.Token);
        }
    }

    private sealed class Source : IXdsResourceSource<string>
    {
        private static readonly string Filling = new('x', ClusterBytes);
        private readonly List<XdsResource> _rest = [.. Enumerable.Range(1, Clusters - 1).Select(i => Resource(i, Filling))];
        private readonly ConcurrentDictionary<string, int> _made = new();
        private int _connected;

        public volatile int Change;

        public int Connected => Volatile.Read(ref _connected);

        public int Made(string peer) => _made.GetValueOrDefault(peer);

        public ValueTask<string> ConnectAsync(XdsPeer peer, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _connected);
            return new(peer.Node.Id);
        }

        private static XdsResource Resource(int i, string text) => XdsResource.Of($"{i}", new Cluster { Name = $"{i}", AltStatName = text });

        public void Disconnected(XdsPeer peer, string proxy) => Interlocked.Decrement(ref _connected);

        public ValueTask<XdsResourceSet?> GenerateAsync(XdsPeer peer, string proxy, XdsQuery query, CancellationToken cancellation)
        {
            _made.AddOrUpdate(proxy, 1, static (_, count) => count + 1);
            var change = Change;
            return new(new XdsResourceSet($"v{change}", [Resource(0, $"{change}"), .. _rest]));
        }
    }

    private sealed class Observer : IXdsServerObserver
    {
        private int _rejected;
        private int _stale;

        public int Rejected => Volatile.Read(ref _rejected);

        public int Stale => Volatile.Read(ref _stale);

        void IXdsServerObserver.Rejected(XdsPeer peer, string typeUrl, string message, IReadOnlyList<string> names) => Interlocked.Increment(ref _rejected);

        void IXdsServerObserver.StaleNonce(XdsPeer peer, string typeUrl) => Interlocked.Increment(ref _stale);
    }
}
