using System.Buffers;
using System.Text;
using Google.Protobuf;
using Lateen.Grpc;
using Lateen.Grpc.Server;

namespace Lateen.Xds.Server;

/// <summary>Writes responses as protobuf does, resource by resource out of the bytes that all streams share.</summary>
/// <remarks>
/// envoy.service.discovery.v3: DiscoveryResponse { version_info = 1, resources = 2, type_url = 4, nonce = 5, control_plane = 6 } and
/// DeltaDiscoveryResponse { system_version_info = 1, resources = 2, type_url = 4, nonce = 5, removed_resources = 6, control_plane = 7 },
/// Resource { version = 1, resource = 2, name = 3 }, google.protobuf.Any { type_url = 1, value = 2 }, ControlPlane { identifier = 1 }.
/// </remarks>
internal static class XdsResponseBytes
{
    /// <summary>How a server writes a response; it never reads one.</summary>
    public static GrpcMarshaller<XdsResponse> Marshaller { get; } = new(
        static response => response.Size,
        static (_, _) => throw new NotSupportedException("responses are written in pieces"),
        static _ => throw new NotSupportedException("a server reads no responses"))
    {
        WriteInPieces = WriteAsync,
    };

    public static int SizeOf(XdsResponse response)
    {
        var size = TextSize(response.Version) + TextSize(response.TypeUrl) + TextSize(response.Nonce);
        foreach (var resource in response.Resources)
        {
            size = checked(size + FieldSize(response.IsDelta ? ResourceSize(resource) : AnySize(resource)));
        }

        foreach (var name in response.Removed)
        {
            size += FieldSize(Encoding.UTF8.GetByteCount(name));
        }

        return response.ControlPlane.Length > 0 ? size + FieldSize(TextSize(response.ControlPlane)) : size;
    }

    private static async ValueTask WriteAsync(XdsResponse response, GrpcPieceWriter output)
    {
        Begin(output, response);
        foreach (var resource in response.Resources)
        {
            Head(output, resource, response.IsDelta);
            foreach (var part in resource.Parts)
            {
                await output.WriteAsync(part.Memory);
            }

            Tail(output, resource, response.IsDelta);
            if (output.IsFull)
            {
                await output.FlushAsync();
            }
        }

        Answered(output, response);
        foreach (var name in response.Removed)
        {
            Removed(output, name);
            if (output.IsFull)
            {
                await output.FlushAsync();
            }
        }

        End(output, response);
    }

    /// <summary>All that comes before the resources.</summary>
    public static void Begin(IBufferWriter<byte> output, XdsResponse response) => Text(output, 1, response.Version);

    /// <summary>What comes behind the resources and before the names of removed ones.</summary>
    public static void Answered(IBufferWriter<byte> output, XdsResponse response)
    {
        Text(output, 4, response.TypeUrl);
        Text(output, 5, response.Nonce);
    }

    /// <summary>The name of a resource that is gone.</summary>
    public static void Removed(IBufferWriter<byte> output, string name) => Text(output, 6, name);

    /// <summary>What comes last.</summary>
    public static void End(IBufferWriter<byte> output, XdsResponse response)
    {
        if (response.ControlPlane.Length > 0)
        {
            Tag(output, response.IsDelta ? 7 : 6, TextSize(response.ControlPlane));
            Text(output, 1, response.ControlPlane);
        }
    }

    /// <summary>A whole resource.</summary>
    public static void Resource(IBufferWriter<byte> output, XdsResource resource, bool isDelta)
    {
        Head(output, resource, isDelta);
        foreach (var part in resource.Parts)
        {
            output.Write(part.Span);
        }

        Tail(output, resource, isDelta);
    }

    /// <summary>All of a resource that comes before the bytes of its message.</summary>
    public static void Head(IBufferWriter<byte> output, XdsResource resource, bool isDelta)
    {
        var any = AnySize(resource);
        if (isDelta)
        {
            Tag(output, 2, ResourceSize(resource));
            Text(output, 1, resource.Version);
        }

        Tag(output, 2, any);
        Text(output, 1, resource.TypeUrl);
        if (resource.Length > 0)
        {
            Tag(output, 2, resource.Length);
        }
    }

    /// <summary>All of a resource that comes behind the bytes of its message.</summary>
    public static void Tail(IBufferWriter<byte> output, XdsResource resource, bool isDelta)
    {
        if (isDelta)
        {
            Text(output, 3, resource.Name);
        }
    }

    private static int ResourceSize(XdsResource resource) =>
        TextSize(resource.Version) + FieldSize(AnySize(resource)) + TextSize(resource.Name);

    private static int AnySize(XdsResource resource) =>
        TextSize(resource.TypeUrl) + (resource.Length > 0 ? FieldSize(resource.Length) : 0);

    private static int TextSize(string text) => text.Length == 0 ? 0 : FieldSize(Encoding.UTF8.GetByteCount(text));

    // Field numbers are below 16: their tag is one byte.
    private static int FieldSize(int length) => checked(1 + CodedOutputStream.ComputeLengthSize(length) + length);

    private static void Text(IBufferWriter<byte> output, int field, string text)
    {
        if (text.Length > 0)
        {
            var length = Encoding.UTF8.GetByteCount(text);
            Tag(output, field, length);
            output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(length)));
        }
    }

    private static void Tag(IBufferWriter<byte> output, int field, int length)
    {
        var span = output.GetSpan(6);
        span[0] = (byte)((field << 3) | (int)WireFormat.WireType.LengthDelimited);
        var at = 1;
        var rest = (uint)length;
        while (rest >= 0x80)
        {
            span[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[at++] = (byte)rest;
        output.Advance(at);
    }
}
