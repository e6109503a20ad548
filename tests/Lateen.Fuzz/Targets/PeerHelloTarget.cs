using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Proxy.Tcp;
using Lateen.Proxy.Telemetry;

namespace Lateen.Fuzz.Targets;

/// <summary>The first bytes of a peer's TCP connection: cut anywhere the same is read, and no byte of the application is lost or made.</summary>
internal sealed class PeerHelloTarget : FuzzTarget
{
    public override string Name => "peerhello";

    public override byte[][] Seeds =>
    [
        [.. PeerHello.Encode(new Node { Id = "sidecar~a", Metadata = new Struct { Fields = { ["NAME"] = Value.ForString("a") } } }), .. "rest"u8],
        [0x3D, 0x23, 0x04, 0x67, 0, 0, 0, 3, 1, 2, 3, 4], [0x3D, 0x23, 0x04, 0x67, 0, 0, 0, 0, 4], [0x3D, 0x23, 0x04, 0x67, 0, 0, 0x40, 1, 9, 9], [0x3D, 0x23, 0x05], [.. "GET / HTTP/1.1"u8],
    ];

    public override void Check(byte[] input, Random random)
    {
        PeerHelloReader whole = new(), pieces = new();
        PeerHelloStatus status = whole.Read(input, out ReadOnlySpan<byte> left), cut = PeerHelloStatus.Incomplete;
        byte[] rest = left.ToArray();
        List<byte> second = [];
        InPieces(input, random, piece =>
        {
            if (cut == PeerHelloStatus.Incomplete)
            {
                cut = pieces.Read(piece.Span, out ReadOnlySpan<byte> behind);
                second.AddRange(behind);
            }
            else
            {
                second.AddRange(piece.Span);
            }
            return true;
        });
        Require(status == cut && whole.Payload.SequenceEqual(pieces.Payload), $"whole: {status}, in pieces: {cut}");
        Require(rest.AsSpan().SequenceEqual(second.ToArray()), "another rest in pieces");
        Require(status != PeerHelloStatus.Absent || input.AsSpan().SequenceEqual((byte[])[.. whole.Held, .. rest]), "bytes of the application were lost");
        Require(whole.Payload.Length <= PeerHello.MaximumLength, "more was kept than the limit says");
        if (status == PeerHelloStatus.Complete)
        {
            _ = PeerHello.Decode(whole.Payload);
        }
    }
}
