using System.Collections.Concurrent;
using System.Threading.Channels;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Service.Discovery.V3;
using Lateen.Api;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Grpc.Server;
using Lateen.Xds;
using Lateen.Xds.Client;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

/// <summary>Our client against our server over a loopback socket.</summary>
public sealed class AdsEndToEndTests : IAsyncLifetime
{
    private readonly Source _source = new();
    private readonly Handler _handler = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly XdsServer<string> _server;
    private readonly WebApplication _host;
    private GrpcChannel _channel = null!;
    private AdsClient _client = null!;
    private Task _running = Task.CompletedTask;

    public AdsEndToEndTests()
    {
        _server = new XdsServer<string>(_source, new XdsServerOptions(), NullLoggerFactory.Instance, TimeProvider.System);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        _host = builder.Build();
        _server.Map(_host, new GrpcServerOptions { Logger = NullLogger.Instance });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _host.StartAsync(Cancellation);
        _channel = new GrpcChannel(new GrpcChannelOptions { Address = new Uri(_host.Urls.First()) });
        _client = new AdsClient(
            _channel,
            new AdsClientOptions
            {
                Node = static () => new Node { Id = "sidecar~10.0.0.1~a.default~default.svc.cluster.local" },
                WildcardTypes = [TypeUrls.Cluster],
                NamedTypes = [TypeUrls.ClusterLoadAssignment],
                BaseBackoff = TimeSpan.FromMilliseconds(10),
            },
            _handler, NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
        _handler.Client = _client;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _channel.Dispose();
        _server.Close();
        await _host.DisposeAsync();
        _server.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Stream_ClustersThenTheirEndpoints_ArriveInOrderAndAreAcked()
    {
        _source.Clusters = [Cluster("a"), Cluster("b")];
        _running = _client.RunAsync(_stop.Token);
        (await _handler.NextAsync()).ShouldBe((TypeUrls.Cluster, "a,b"));
        (await _handler.NextAsync()).ShouldBe((TypeUrls.ClusterLoadAssignment, "a,b"));
        await EventuallyAsync(() => Types().Count == 2 && Types().All(t => t.AckedNonce == t.SentNonce));
        Types()[1].Names.ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task Push_NothingChanged_SendsNothingThenTheChangedEndpointOnly()
    {
        _source.Clusters = [Cluster("a"), Cluster("b")];
        _running = _client.RunAsync(_stop.Token);
        await _handler.NextAsync();
        await _handler.NextAsync();
        await EventuallyAsync(() => Types().Count == 2 && Types().All(t => t.AckedNonce == t.SentNonce));
        _server.Push(new XdsPush<string>());
        _source.Epoch["b"] = "2";
        _server.Push(new XdsPush<string>(new HashSet<string> { TypeUrls.ClusterLoadAssignment }));
        (await _handler.NextAsync()).ShouldBe((TypeUrls.ClusterLoadAssignment, "b"));
    }

    [Fact]
    public async Task Clusters_OneGoesAndOneComes_OnlyThoseTwoAndTheNewEndpointsAreTold()
    {
        _source.Clusters = [Cluster("a"), Cluster("b")];
        _running = _client.RunAsync(_stop.Token);
        await _handler.NextAsync();
        await _handler.NextAsync();
        _source.Clusters = [Cluster("b"), Cluster("c")];
        _server.Push(new XdsPush<string>());
        (await _handler.NextAsync()).ShouldBe((TypeUrls.Cluster, "c,-a"));
        var next = new[] { await _handler.NextAsync(), await _handler.NextAsync() };
        next.ShouldBe([(TypeUrls.ClusterLoadAssignment, "forget a"), (TypeUrls.ClusterLoadAssignment, "c")]);
        await EventuallyAsync(() => Types().Count == 2 && Types()[1].Names.SequenceEqual(["b", "c"]));
    }

    [Fact]
    public async Task Stream_LostAndOpenedAgain_BringsOnlyWhatChangedMeanwhile()
    {
        _source.Clusters = [Cluster("a"), Cluster("b"), Cluster("c")];
        _running = _client.RunAsync(_stop.Token);
        await _handler.NextAsync();
        await _handler.NextAsync();
        await EventuallyAsync(() => Types().Count == 2 && Types().All(t => t.AckedNonce == t.SentNonce));
        _source.Clusters = [Cluster("a"), Cluster("c"), Cluster("d")];
        _source.Epoch["c"] = "2";
        _source.IsBroken = true;
        _server.Push(new XdsPush<string>());
        (await _handler.NextAsync()).ShouldBe((TypeUrls.Cluster, "d,-b"));
        var told = new List<string>();
        while (!told.Contains("d"))
        {
            told.AddRange((await _handler.NextAsync()).Item2.Split(','));
        }

        told.ShouldNotContain("a", "its endpoints are held in their newest version");
        told.ShouldContain("c");
    }

    [Fact]
    public async Task Nack_HandlerRefuses_ServerKeepsTheTextAndTheAckedVersion()
    {
        _source.Clusters = [Cluster("a")];
        _running = _client.RunAsync(_stop.Token);
        await _handler.NextAsync();
        await EventuallyAsync(() => Types().Any(t => t.TypeUrl == TypeUrls.Cluster && t.AckedVersion == "v1"));
        _handler.Refusal = "clusters[0].name: empty";
        _source.Clusters = [Cluster("a"), Cluster("c")];
        _source.Version = "v2";
        _server.Push(new XdsPush<string>());
        await EventuallyAsync(() => Types() is [{ NackMessage: not null }, ..]);
        var type = Types()[0];
        type.NackMessage.ShouldBe("clusters[0].name: empty");
        type.AckedVersion.ShouldBe("v1");
        type.SentVersion.ShouldBe("v2");
    }

    [Fact]
    public async Task Stream_ServerRefusesThenAdmits_ClientComesBack()
    {
        _source.Clusters = [Cluster("a")];
        _source.RefusalsLeft = 2;
        _running = _client.RunAsync(_stop.Token);
        (await _handler.NextAsync()).ShouldBe((TypeUrls.Cluster, "a"));
        _source.RefusalsLeft.ShouldBe(0);
    }

    [Fact]
    public async Task Delta_PushAfterRemoval_CarriesOnlyTheDifference()
    {
        _source.Clusters = [Cluster("a"), Cluster("b")];
        await using var call = _channel.Start(AdsMethods.Delta, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DeltaDiscoveryRequest { TypeUrl = TypeUrls.Cluster, Node = new Node { Id = "n" } });
        var first = (await call.ReadAsync()).Message;
        first.Resources.Select(r => r.Name).ShouldBe(["a", "b"]);
        await call.WriteAsync(new DeltaDiscoveryRequest { TypeUrl = TypeUrls.Cluster, ResponseNonce = first.Nonce });
        await EventuallyAsync(() => Types().Single().AckedNonce == first.Nonce);
        _source.Clusters = [Cluster("b"), Cluster("c")];
        _server.Push(new XdsPush<string>());
        var second = (await call.ReadAsync()).Message;
        second.Resources.Select(r => r.Name).ShouldBe(["c"]);
        second.RemovedResources.ShouldBe(["a"]);
    }

    [Fact]
    public async Task Stream_FirstRequestWithoutNode_IsInvalidArgument()
    {
        await using var call = _channel.Start(AdsMethods.Stream, new GrpcCallOptions(), Cancellation);
        await call.WriteAsync(new DiscoveryRequest { TypeUrl = TypeUrls.Cluster });
        (await Should.ThrowAsync<GrpcException>(async () => await call.ReadAsync())).Code.ShouldBe(GrpcStatusCode.InvalidArgument);
    }

    private IReadOnlyList<XdsTypeStatus> Types() => _server.Connections() is [var only] ? only.Types : [];

    private static Cluster Cluster(string name) => new() { Name = name };

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var timeout = new CancellationTokenSource(Patience.Limit);
        while (!condition())
        {
            await Task.Delay(5, timeout.Token);
        }
    }

    private sealed class Source : IXdsResourceSource<string>
    {
        public volatile IReadOnlyList<Cluster> Clusters = [];
        public volatile string Version = "v1";
        public volatile bool IsBroken;
        public int RefusalsLeft;

        public ConcurrentDictionary<string, string> Epoch { get; } = new();

        public ValueTask<string> ConnectAsync(XdsPeer peer, CancellationToken cancellation) =>
            RefusalsLeft-- > 0 ? throw new GrpcException(GrpcStatusCode.Unavailable, "not yet") : new(peer.Node.Id);

        public void Disconnected(XdsPeer peer, string proxy)
        {
        }

        public ValueTask<XdsResourceSet?> GenerateAsync(XdsPeer peer, string proxy, XdsQuery query, CancellationToken cancellation)
        {
            RefusalsLeft = Math.Max(RefusalsLeft, 0);
            if (IsBroken)
            {
                IsBroken = false;
                throw new GrpcException(GrpcStatusCode.Unavailable, "the stream breaks off");
            }

            IReadOnlyList<XdsResource> resources = query.TypeUrl == TypeUrls.Cluster
                ? [.. Clusters.Select(c => XdsResource.Of(c.Name, c))]
                : [.. query.Names.Order().Select(n => XdsResource.Of(n, new ClusterLoadAssignment
                {
                    ClusterName = n,
                    Endpoints = { new LocalityLbEndpoints { Locality = new Locality { Zone = Epoch.GetValueOrDefault(n, "1") } } },
                }))];
            return new(new XdsResourceSet(Version, resources));
        }
    }

    private sealed class Handler : IAdsHandler
    {
        private readonly Channel<(string, string)> _applied = Channel.CreateUnbounded<(string, string)>();
        private IReadOnlyCollection<string> _names = [];

        public AdsClient? Client { get; set; }

        public volatile string? Refusal;

        public ValueTask<string?> ApplyAsync(AdsUpdate update, CancellationToken cancellation)
        {
            if (Refusal is { } refusal)
            {
                return new(refusal);
            }
            if (update.TypeUrl == TypeUrls.Cluster)
            {
                List<string> changed = [.. update.Resources.Select(r => r.Unpack<Cluster>().Name)];
                _names = [.. (update.IsWhole ? [] : _names).Except(update.Removed).Union(changed)];
                Client!.OnNamesChanged(TypeUrls.ClusterLoadAssignment);
                _applied.Writer.TryWrite((update.TypeUrl, string.Join(',', changed.Concat(update.Removed.Select(name => "-" + name)))));
            }
            else
            {
                _applied.Writer.TryWrite((update.TypeUrl, string.Join(',', update.Resources.Select(r => r.Unpack<ClusterLoadAssignment>().ClusterName))));
            }
            return new((string?)null);
        }

        public void Forget(string typeUrl, IReadOnlyList<string> names) => _applied.Writer.TryWrite((typeUrl, "forget " + string.Join(',', names)));

        public IReadOnlyCollection<string> SubscribedNames(string typeUrl) => _names;

        public void OnConnection(bool isConnected)
        {
        }

        public async Task<(string, string)> NextAsync() =>
            await _applied.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience.Limit, Cancellation);
    }
}
