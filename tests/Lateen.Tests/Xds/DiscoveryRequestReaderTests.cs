using System.Buffers;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Xds.Server;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Xds;

public sealed class DiscoveryRequestReaderTests
{
    private static readonly string[] Clusters = [.. Enumerable.Range(0, 50).Select(i => $"outbound|80||svc-{i}.default.svc.cluster.local")];

    private readonly DiscoveryRequestReader _reader = new(new NameSetPool());

    [Fact]
    public void Read_NamesThatAnotherRequestHad_IsTheSameSet()
    {
        var first = _reader.Read(Bytes("", Clusters));
        var second = _reader.Read(Bytes("7", Clusters));
        first.Names.Names.ShouldBe(Clusters);
        second.Names.ShouldBeSameAs(first.Names);
        second.Message.TypeUrl.ShouldBe(TypeUrls.ClusterLoadAssignment);
        second.Message.ResponseNonce.ShouldBe("7");
        second.Message.ResourceNames.ShouldBeEmpty();
    }

    [Fact]
    public void Read_OneNameMoreOrLessOrOther_IsAnotherSet()
    {
        _reader.Read(Bytes("", Clusters));
        string[] more = [.. Clusters, "outbound|80||new.default.svc.cluster.local"];
        string[] other = [.. Clusters[..^1], "outbound|80||svc-xx.default.svc.cluster.local"];
        _reader.Read(Bytes("1", more)).Names.Names.ShouldBe(more);
        _reader.Read(Bytes("2", Clusters[..^1])).Names.Names.ShouldBe(Clusters[..^1]);
        _reader.Read(Bytes("3", other)).Names.Names.ShouldBe(other);
        _reader.Read(Bytes("4", Clusters)).Names.Names.ShouldBe(Clusters);
        _reader.Read(Bytes("5")).Names.Count.ShouldBe(0);
    }

    [Fact]
    public void Read_NamesApartFromOneAnother_HasAllOfThem()
    {
        _reader.Read(Bytes("", Clusters));
        byte[] apart = [.. Bytes("1", Clusters).ToArray(), .. Bytes("", "last").ToArray()];
        var request = _reader.Read(new ReadOnlySequence<byte>(apart));
        request.Names.Names.ShouldBe([.. Clusters, "last"]);
        request.Message.ResponseNonce.ShouldBe("1");
    }

    [Fact]
    public void Read_Star_IsTheWildcardAndNoName()
    {
        var names = _reader.Read(Bytes("", "*", "a", "a")).Names;
        names.IsWildcard.ShouldBeTrue();
        names.Names.ShouldBe(["a"]);
    }

    [Theory]
    [InlineData(new byte[] { 0x1a, 0x7f })]
    [InlineData(new byte[] { 0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    [InlineData(new byte[] { 0xff })]
    public void Read_NoMessage_IsRefused(byte[] bytes) =>
        Should.Throw<InvalidProtocolBufferException>(() => _reader.Read(new ReadOnlySequence<byte>(bytes)));

    private static ReadOnlySequence<byte> Bytes(string nonce, params string[] names)
    {
        var request = new DiscoveryRequest { TypeUrl = TypeUrls.ClusterLoadAssignment, ResponseNonce = nonce };
        request.ResourceNames.AddRange(names);
        return new(request.ToByteArray());
    }
}
