using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Lateen.Interception.Netlink;

/// <summary>Writes netlink messages (linux/netlink.h): header, fixed part, attributes, each padded to four bytes.</summary>
internal sealed class NetlinkMessage
{
    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Dump = 0x300;
    public const ushort Exclusive = 0x200;
    public const ushort NonRecursive = 0x100;
    public const ushort Create = 0x400;

    private readonly ArrayBufferWriter<byte> _bytes = new(256);
    private int _start;

    /// <summary>Starts a message; several may follow each other in one batch.</summary>
    public NetlinkMessage Begin(ushort type, ushort flags, uint sequence, ReadOnlySpan<byte> fixedPart)
    {
        _start = _bytes.WrittenCount;
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], sequence);
        _bytes.Write(header);
        _bytes.Write(fixedPart);
        return Close();
    }

    /// <summary>Adds an attribute to the last message.</summary>
    public NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], type);
        _bytes.Write(header);
        _bytes.Write(value);
        return Close();
    }

    /// <summary>Adds a NUL-terminated string.</summary>
    public NetlinkMessage Attribute(ushort type, string text) => Attribute(type, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>Adds a number in the machine's byte order.</summary>
    public NetlinkMessage Attribute(ushort type, uint number) => Attribute(type, BitConverter.GetBytes(number));

    /// <summary>All messages so far.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private NetlinkMessage Close()
    {
        while (_bytes.WrittenCount % 4 != 0)
        {
            _bytes.Write([(byte)0]);
        }

        // The header's length covers everything up to here.
        Span<byte> all = MemoryMarshal.AsMemory(_bytes.WrittenMemory).Span;
        BinaryPrimitives.WriteInt32LittleEndian(all[_start..], all.Length - _start);
        return this;
    }
}
