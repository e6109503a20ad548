using System.Text;
using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Tcp;
using Lateen.Proxy.Telemetry;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Proxy.Tcp;

/// <summary>What sidecars say first on a TCP connection, cut as the network likes.</summary>
public sealed class PeerHelloReaderTests
{
    private static readonly byte[] Hello = PeerHello.Encode(new Node
    {
        Id = "sidecar~10.0.0.1~client.shop~shop.svc.cluster.local",
        Metadata = new Struct
        {
            Fields = { ["WORKLOAD_NAME"] = Value.ForString("client"), ["NAMESPACE"] = Value.ForString("shop"), ["SECRET"] = Value.ForString("not for peers") },
        },
    });

    [Fact]
    public void Hello_CutAtEveryByte_IsReadAndTheRestIsTheApplications()
    {
        byte[] all = [.. Hello, .. "application"u8];
        for (int cut = 1; cut < all.Length; cut++)
        {
            PeerHelloReader reader = new();
            PeerHelloStatus status = reader.Read(all.AsSpan(0, cut), out ReadOnlySpan<byte> first);
            status.ShouldBe(cut >= Hello.Length ? PeerHelloStatus.Complete : PeerHelloStatus.Incomplete);
            byte[] rest = status == PeerHelloStatus.Complete ? [.. first, .. all[cut..]]
                : reader.Read(all.AsSpan(cut), out ReadOnlySpan<byte> second) == PeerHelloStatus.Complete ? second.ToArray() : [];

            Encoding.ASCII.GetString(rest).ShouldBe("application", $"cut at {cut}");
            PeerHello.Decode(reader.Payload)!.Name.ShouldBe("client");
        }
    }

    [Fact]
    public void Hello_OfThisProxy_HoldsWhatPeersMayKnowInIstiosForm()
    {
        Hello[..4].ShouldBe([0x3D, 0x23, 0x04, 0x67]);
        Any said = Any.Parser.ParseFrom(Hello.AsSpan(PeerHello.PrefixLength));
        said.TypeUrl.ShouldBe("type.googleapis.com/google.protobuf.Struct");
        Struct fields = Struct.Parser.ParseFrom(said.Value);
        fields.Fields["x-envoy-peer-metadata-id"].StringValue.ShouldBe("sidecar~10.0.0.1~client.shop~shop.svc.cluster.local");
        fields.Fields["x-envoy-peer-metadata"].StructValue.Fields.Keys.ShouldBe(["NAMESPACE", "WORKLOAD_NAME"], ignoreOrder: true);
    }

    [Fact]
    public void NoHello_IsTheApplicationsFromTheFirstByteThatDiffers()
    {
        PeerHelloReader reader = new();

        reader.Read([0x3D, 0x23], out _).ShouldBe(PeerHelloStatus.Incomplete);
        reader.Read("ab"u8, out ReadOnlySpan<byte> rest).ShouldBe(PeerHelloStatus.Absent);

        reader.Held.ToArray().ShouldBe([0x3D, 0x23]);
        rest.ToArray().ShouldBe("ab"u8.ToArray());
    }

    [Fact]
    public void LongHello_IsReadOverAndNotKept()
    {
        PeerHelloReader reader = new();
        byte[] prefix = [0x3D, 0x23, 0x04, 0x67, 0x00, 0x10, 0x00, 0x00];

        reader.Read(prefix, out _).ShouldBe(PeerHelloStatus.Incomplete);
        reader.Read(new byte[0x0F_FFFF], out _).ShouldBe(PeerHelloStatus.Incomplete);
        reader.Read([7, 8, 9], out ReadOnlySpan<byte> rest).ShouldBe(PeerHelloStatus.Complete);

        reader.Payload.Length.ShouldBe(0);
        rest.ToArray().ShouldBe([8, 9]);
    }
}
