using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Lateen.Proxy.Telemetry;

/// <summary>The value of x-envoy-peer-metadata: base64 of a Struct with what peers may know of each other.</summary>
internal static class PeerHeader
{
    /// <summary>Longer ones are not looked at: a peer must not make us decode for nothing.</summary>
    public const int MaximumLength = 16 * 1024;

    private static readonly string[] Shared =
    [
        "APP_CONTAINERS", "CLUSTER_ID", "INSTANCE_IPS", "ISTIO_VERSION", "LABELS", "MESH_ID", "NAME", "NAMESPACE", "OWNER", "PLATFORM_METADATA",
        "WORKLOAD_NAME",
    ];

    /// <summary>Our own value from the node's metadata; the same metadata gives the same bytes, so that peers can cache.</summary>
    public static byte[] Encode(Struct node) => Encoding.ASCII.GetBytes(Convert.ToBase64String(SharedOf(node).ToByteArray()));

    /// <summary>Of the node's metadata what peers may know, in one order.</summary>
    public static Struct SharedOf(Struct node)
    {
        Struct shared = new();
        foreach (string key in Shared)
        {
            if (node.Fields.TryGetValue(key, out Value? value))
            {
                shared.Fields[key] = Sorted(value);
            }
        }
        return shared;
    }

    /// <summary>What a peer sent; null if it cannot be read.</summary>
    public static Workload? Decode(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.Length > MaximumLength)
        {
            return null;
        }
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(value.Length)];
        if (Base64.DecodeFromUtf8(value, bytes, out _, out int length) != OperationStatus.Done)
        {
            return null;
        }
        try
        {
            return Workload.From(Struct.Parser.ParseFrom(bytes, 0, length));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static Value Sorted(Value value)
    {
        if (value.KindCase != Value.KindOneofCase.StructValue)
        {
            return value;
        }
        Struct sorted = new();
        foreach ((string key, Value inner) in value.StructValue.Fields.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            sorted.Fields[key] = inner;
        }
        return Value.ForStruct(sorted);
    }
}
