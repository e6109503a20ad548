using System.IO.Compression;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Grpc.Compression;
using Lateen.Xds.Server;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

public sealed class ResponseCompressionTests
{
    private static readonly ByteString[] Hosts = [.. Enumerable.Range(0, 1000).Select(i => Host(i, "v1"))];

    private readonly ResponseCompression _compression = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compress_LongResource_InflatesToTheResponse_AndIsMuchShorter(bool isDelta)
    {
        var response = Response(isDelta, [Routes("a", Hosts), Clusters(1)[0]], "12", ["gone"]);
        var message = _compression.Compress(response).ShouldNotBeNull();
        Inflated(message).ShouldBe(Expected(response));
        message.Length.ShouldBeLessThan(response.Size / 5);
    }

    [Fact]
    public void Compress_SameResourceForAnotherStream_CopiesNothingButWhatDiffers()
    {
        var routes = Routes("a", Hosts);
        var first = _compression.Compress(Response(false, [routes], "1")).ShouldNotBeNull();
        var second = _compression.Compress(Response(false, [routes], "2")).ShouldNotBeNull();
        Own(second, first).ShouldBeLessThan(300);
        Inflated(second).ShouldBe(Expected(Response(false, [routes], "2")));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(500)]
    public void Compress_NextVersionWithOneHostOtherOrMore_MakesOnlyTheRunAnewThatItIsIn(int changed)
    {
        var routes = Routes("a", Hosts);
        var first = _compression.Compress(Response(false, [routes], "1")).ShouldNotBeNull();
        ByteString[] hosts = changed < 0 ? [Host(-1, "v1"), .. Hosts] : [.. Hosts[..changed], Host(changed, "v2"), .. Hosts[(changed + 1)..]];
        var next = Response(false, [Routes("a", hosts)], "2");
        var second = _compression.Compress(next).ShouldNotBeNull();
        Inflated(second).ShouldBe(Expected(next));
        Own(second, first).ShouldBeLessThan(first.Length / 2);
        GC.KeepAlive(routes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Compress_ManyShortResources_AreCompressedWhenTheyAreSentAgain(bool isDelta)
    {
        var clusters = Clusters(1000);
        _compression.Compress(Response(isDelta, clusters, "1")).ShouldBeNull();
        var second = _compression.Compress(Response(isDelta, clusters, "2")).ShouldNotBeNull();
        var third = _compression.Compress(Response(isDelta, clusters, "3")).ShouldNotBeNull();
        Inflated(second).ShouldBe(Expected(Response(isDelta, clusters, "2")));
        Inflated(third).ShouldBe(Expected(Response(isDelta, clusters, "3")));
        Own(third, second).ShouldBeLessThan(300);

        // The other variant writes them otherwise.
        _compression.Compress(Response(!isDelta, clusters, "4")).ShouldBeNull();
    }

    [Fact]
    public void Compress_ListThatEndsWithAProxysOwn_SharesTheRest()
    {
        var shared = Clusters(1000);
        _compression.Compress(Response(false, [.. shared, Cluster("inbound|1||", "v1")], "1")).ShouldBeNull();
        _compression.Compress(Response(false, [.. shared, Cluster("inbound|1||", "v1")], "1"));
        XdsResource[] list = [.. shared, Cluster("inbound|2||", "v1")];
        var message = _compression.Compress(Response(false, list, "2")).ShouldNotBeNull();
        Inflated(message).ShouldBe(Expected(Response(false, list, "2")));
    }

    [Fact]
    public void Compress_ResourceInARunHasAnotherVersion_IsTheNewOne()
    {
        var clusters = Clusters(1000);
        for (var i = 0; i < 3; i++)
        {
            _compression.Compress(Response(false, clusters, "1"));
        }

        XdsResource[] changed = [.. clusters[..500], Cluster(clusters[500].Name, "v2"), .. clusters[501..]];
        for (var i = 0; i < 3; i++)
        {
            var message = _compression.Compress(Response(false, changed, "2")).ShouldNotBeNull();
            Inflated(message).ShouldBe(Expected(Response(false, changed, "2")));
        }
    }

    [Fact]
    public void Compress_ShortResponse_IsSentAsItIs()
    {
        var clusters = Clusters(5);
        for (var i = 0; i < 3; i++)
        {
            _compression.Compress(Response(false, clusters, "1")).ShouldBeNull();
        }
    }

    [Fact]
    public async Task Compress_ManyStreamsAtOnce_AllInflate()
    {
        var routes = Routes("a", Hosts);
        var clusters = Clusters(1000);
        await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Task.Run(() =>
        {
            foreach (var resources in (IReadOnlyList<XdsResource>[])[[routes], clusters])
            {
                var response = Response(i % 2 == 0, resources, $"{i}");
                if (_compression.Compress(response) is { } message)
                {
                    Inflated(message).ShouldBe(Expected(response));
                }
            }
        })));
    }

    // Bytes that are in no piece of the other message.
    private static int Own(GzipMessage message, GzipMessage other) => message.Pieces.Where(piece => !other.Pieces.Contains(piece)).Sum(piece => piece.Length);

    // A length-delimited field 2 (virtual_hosts), as RouteConfiguration has them.
    private static ByteString Host(int i, string version) => new Envoy.Config.Route.V3.RouteConfiguration
    {
        VirtualHosts =
        {
            new Envoy.Config.Route.V3.VirtualHost
            {
                Name = $"svc-{i}.ns.svc.cluster.local:80",
                Domains = { $"svc-{i}.ns.svc.cluster.local", $"svc-{i}.ns.svc", $"svc-{i}.ns" },
                Routes = { new Envoy.Config.Route.V3.Route { Name = version, Route_ = new() { Cluster = $"outbound|80||svc-{i}.ns.svc.cluster.local" } } },
            },
        },
    }.ToByteString();

    private static XdsResource Routes(string version, ByteString[] hosts) => new("80", version, TypeUrls.RouteConfiguration, hosts);

    private static XdsResource[] Clusters(int count) => [.. Enumerable.Range(0, count).Select(i => Cluster($"outbound|80||svc-{i}.ns.svc.cluster.local", "v1"))];

    private static XdsResource Cluster(string name, string version) => new(
        name, version, TypeUrls.Cluster, [new Envoy.Config.Cluster.V3.Cluster { Name = name, AltStatName = new string('s', 300) + version }.ToByteString()]);

    private static XdsResponse Response(bool isDelta, IReadOnlyList<XdsResource> resources, string nonce, IReadOnlyList<string>? removed = null) =>
        new(isDelta, resources[0].TypeUrl, "v", nonce, resources, isDelta ? removed ?? [] : [], "lateend");

    private static byte[] Expected(XdsResponse response)
    {
        var controlPlane = new Envoy.Config.Core.V3.ControlPlane { Identifier = response.ControlPlane };
        return response.IsDelta
            ? new DeltaDiscoveryResponse
            {
                SystemVersionInfo = response.Version,
                TypeUrl = response.TypeUrl,
                Nonce = response.Nonce,
                ControlPlane = controlPlane,
                RemovedResources = { response.Removed },
                Resources = { response.Resources.Select(resource => new Resource { Name = resource.Name, Version = resource.Version, Resource_ = resource.Body }) },
            }.ToByteArray()
            : new DiscoveryResponse
            {
                VersionInfo = response.Version,
                TypeUrl = response.TypeUrl,
                Nonce = response.Nonce,
                ControlPlane = controlPlane,
                Resources = { response.Resources.Select(resource => resource.Body) },
            }.ToByteArray();
    }

    private static byte[] Inflated(GzipMessage message)
    {
        using var reader = new GZipStream(new MemoryStream([.. message.Pieces.SelectMany(piece => piece.ToArray())]), CompressionMode.Decompress);
        using var inflated = new MemoryStream();
        reader.CopyTo(inflated);
        return inflated.ToArray();
    }
}
