using System.Buffers;
using Lateen.Api;

namespace Lateen.PushBench;

/// <summary>A response of either variant of the protocol, read only as far as a client needs; the fields have the same numbers in both.</summary>
internal sealed class RawResponse(byte[] buffer, int length, string typeUrl, string nonce) : IDisposable
{
    /// <summary>The message; usable until the response is disposed.</summary>
    public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

    public string TypeUrl => typeUrl;

    public string Nonce => nonce;

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}

/// <summary>Discovery messages as bytes: hundreds of clients on one machine must not cost more than the server that is measured.</summary>
internal static class Wire
{
    private const string Service = "envoy.service.discovery.v3.AggregatedDiscoveryService";

    public static string PathOf(bool isDelta) => $"/{Service}/{(isDelta ? "Delta" : "Stream")}AggregatedResources";

    /// <summary>The length-delimited fields of a message, in order.</summary>
    public static IEnumerable<(int Field, ReadOnlyMemory<byte> Value)> Fields(ReadOnlyMemory<byte> message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var (tag, size) = Varint(message.Span[at..]);
            at += size;
            switch (tag & 7)
            {
                case 0:
                    at += Varint(message.Span[at..]).Size;
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var (length, prefix) = Varint(message.Span[at..]);
                    yield return ((int)(tag >> 3), message.Slice(at + prefix, (int)length));
                    at += prefix + (int)length;
                    break;
            }
        }
    }

    /// <summary>A message of text fields; names are given already encoded.</summary>
    public static byte[] Message(ReadOnlySpan<byte> names, params ReadOnlySpan<(int Field, string Value)> texts)
    {
        var buffer = new ArrayBufferWriter<byte>(names.Length + 256);
        buffer.Write(names);
        foreach (var (field, value) in texts)
        {
            if (value.Length > 0)
            {
                Append(buffer, field, System.Text.Encoding.UTF8.GetBytes(value));
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void Append(ArrayBufferWriter<byte> buffer, int field, ReadOnlySpan<byte> value)
    {
        Varint(buffer, (ulong)((field << 3) | 2));
        Varint(buffer, (ulong)value.Length);
        buffer.Write(value);
    }

    /// <summary>Takes over the rented bytes of a message.</summary>
    public static RawResponse Read(byte[] buffer, int length)
    {
        string type = "", nonce = "";
        foreach (var (field, value) in Fields(buffer.AsMemory(0, length)))
        {
            switch (field)
            {
                case 4:
                    type = TypeOf(value.Span);
                    break;
                case 5:
                    nonce = System.Text.Encoding.UTF8.GetString(value.Span);
                    break;
            }
        }

        return new RawResponse(buffer, length, type, nonce);
    }

    private static string TypeOf(ReadOnlySpan<byte> value)
    {
        foreach (var known in (ReadOnlySpan<string>)[TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration])
        {
            if (System.Text.Ascii.Equals(value, known))
            {
                return known;
            }
        }

        return System.Text.Encoding.UTF8.GetString(value);
    }

    private static (ulong Value, int Size) Varint(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var i = 0; ; i++)
        {
            value |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                return (value, i + 1);
            }
        }
    }

    private static void Varint(ArrayBufferWriter<byte> buffer, ulong value)
    {
        while (value >= 0x80)
        {
            buffer.Write([(byte)(value | 0x80)]);
            value >>= 7;
        }

        buffer.Write([(byte)value]);
    }
}
