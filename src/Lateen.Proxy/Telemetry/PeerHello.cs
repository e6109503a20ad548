using System.Buffers.Binary;
using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;

namespace Lateen.Proxy.Telemetry;

/// <summary>What two sidecars tell each other first on a TCP connection that both want for `istio-peer-exchange`: who they are.</summary>
/// <remarks>
/// Istio's proxy, network filter metadata_exchange: <see cref="Magic"/> and the length of what follows, four bytes each, most significant first;
/// then an Any with a Struct of <c>x-envoy-peer-metadata</c> (the metadata) and <c>x-envoy-peer-metadata-id</c> (the node's id).
/// </remarks>
internal static class PeerHello
{
    public const uint Magic = 0x3D230467;

    /// <summary>Bytes of magic and length.</summary>
    public const int PrefixLength = 8;

    /// <summary>A longer one is read over and not looked at: a peer must not make us keep and decode for nothing.</summary>
    public const int MaximumLength = PeerHeader.MaximumLength;

    private const string MetadataKey = "x-envoy-peer-metadata", IdKey = "x-envoy-peer-metadata-id";

    /// <summary>Our own, prefix included.</summary>
    public static byte[] Encode(Node node)
    {
        Struct said = new() { Fields = { [MetadataKey] = Value.ForStruct(PeerHeader.SharedOf(node.Metadata ?? new Struct())) } };
        if (node.Id.Length > 0)
        {
            said.Fields[IdKey] = Value.ForString(node.Id);
        }
        byte[] payload = new Any { TypeUrl = TypeUrls.Of(said), Value = said.ToByteString() }.ToByteArray();
        byte[] hello = new byte[PrefixLength + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(hello, Magic);
        BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(4), payload.Length);
        payload.CopyTo(hello, PrefixLength);
        return hello;
    }

    /// <summary>What a peer said behind the prefix; null if it cannot be read or names no metadata.</summary>
    public static Workload? Decode(ReadOnlySpan<byte> payload)
    {
        try
        {
            Struct said = Struct.Parser.ParseFrom(Any.Parser.ParseFrom(payload).Value);
            return said.Fields.TryGetValue(MetadataKey, out Value? metadata) && metadata.KindCase == Value.KindOneofCase.StructValue
                ? Workload.From(metadata.StructValue) : null;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
