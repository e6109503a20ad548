using System.Buffers;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;

namespace Lateen.Xds.Server;

/// <summary>Reads state-of-the-world requests: every acknowledgement repeats all names, so they are recognised as a whole and not read again.</summary>
internal sealed class DiscoveryRequestReader(NameSetPool pool)
{
    // envoy.service.discovery.v3.DiscoveryRequest.resource_names
    private const uint NamesTag = (3 << 3) | (uint)WireFormat.WireType.LengthDelimited;

    public SotwRequest Read(ReadOnlySequence<byte> message)
    {
        var length = checked((int)message.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);

        // A name may take a byte more than in the message: its length is written anew.
        var names = ArrayPool<byte>.Shared.Rent(checked(2 * length));
        try
        {
            message.CopyTo(buffer);
            var (kept, named, known) = Separate(buffer.AsSpan(0, length), names);
            return new SotwRequest(DiscoveryRequest.Parser.ParseFrom(buffer, 0, kept), known ?? pool.Of(names.AsSpan(0, named)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            ArrayPool<byte>.Shared.Return(names);
        }
    }

    /// <summary>Moves all other fields together at the front, and the names to a place of their own.</summary>
    /// <returns>The length of both, or the names themselves; the parser then judges whether the rest is well-formed.</returns>
    private (int Kept, int Named, NameSet? Known) Separate(Span<byte> message, Span<byte> names)
    {
        var (at, kept, named) = (0, 0, 0);
        NameSet? known = null;
        while (at < message.Length)
        {
            var start = at;
            if (named == 0 && message[at] == NamesTag && pool.Find(message[at..], out var length) is { } found
                && message[(at + length)..].IndexOf((byte)NamesTag) < 0)
            {
                // No byte of what follows could begin another name.
                known = found;
                at += length;
                continue;
            }

            if (!TryVarint(message, ref at, out var tag) || !TrySkip(message, ref at, tag, out var value))
            {
                // Not a message: the rest goes to the parser, which says so.
                message[start..].CopyTo(message[kept..]);
                return (kept + message.Length - start, named, known);
            }

            if (tag == NamesTag)
            {
                names[named++] = (byte)NamesTag;
                WriteVarint(names, ref named, value.End.Value - value.Start.Value);
                message[value].CopyTo(names[named..]);
                named += value.End.Value - value.Start.Value;
            }
            else
            {
                message[start..at].CopyTo(message[kept..]);
                kept += at - start;
            }
        }

        return (kept, named, known);
    }

    private static bool TrySkip(ReadOnlySpan<byte> message, ref int at, ulong tag, out Range value)
    {
        value = default;
        switch ((WireFormat.WireType)(tag & 7))
        {
            case WireFormat.WireType.Varint:
                return TryVarint(message, ref at, out _);
            case WireFormat.WireType.Fixed64:
                at += 8;
                return at <= message.Length;
            case WireFormat.WireType.Fixed32:
                at += 4;
                return at <= message.Length;
            case WireFormat.WireType.LengthDelimited:
                if (!TryVarint(message, ref at, out var length) || length > (ulong)(message.Length - at))
                {
                    return false;
                }

                value = at..(at + (int)length);
                at += (int)length;
                return true;
            default:
                return false;
        }
    }

    internal static bool TryVarint(ReadOnlySpan<byte> message, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            var b = message[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteVarint(Span<byte> output, ref int at, int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output[at++] = (byte)(value | 0x80);
        }

        output[at++] = (byte)value;
    }
}
