using System.Buffers;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;

namespace Lateen.Xds.Server;

/// <summary>Reads state-of-the-world requests: every acknowledgement repeats all names, so they are taken from a pool instead of made anew.</summary>
internal sealed class DiscoveryRequestReader
{
    // envoy.service.discovery.v3.DiscoveryRequest.resource_names
    private const uint NamesTag = (3 << 3) | (uint)WireFormat.WireType.LengthDelimited;

    private readonly NamePool _names = new();

    public DiscoveryRequest Read(ReadOnlySequence<byte> message)
    {
        var length = checked((int)message.Length);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            message.CopyTo(buffer);
            var names = new List<string>();
            var kept = TakeNames(buffer.AsSpan(0, length), names);
            var request = DiscoveryRequest.Parser.ParseFrom(buffer, 0, kept);
            request.ResourceNames.AddRange(names);
            return request;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Moves all other fields together at the front.</summary>
    /// <returns>Their length; the parser then judges whether they are well-formed.</returns>
    private int TakeNames(Span<byte> message, List<string> names)
    {
        var (at, kept) = (0, 0);
        while (at < message.Length)
        {
            var start = at;
            if (!TryVarint(message, ref at, out var tag) || !TrySkip(message, ref at, tag, out var value))
            {
                // Not a message: the rest goes to the parser, which says so.
                message[start..].CopyTo(message[kept..]);
                return kept + message.Length - start;
            }

            if (tag == NamesTag)
            {
                names.Add(_names.Of(message[value]));
            }
            else
            {
                message[start..at].CopyTo(message[kept..]);
                kept += at - start;
            }
        }

        return kept;
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

    private static bool TryVarint(ReadOnlySpan<byte> message, ref int at, out ulong value)
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
}
