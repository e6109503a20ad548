using System.Buffers.Binary;
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

    // No generic buffer: its code for bytes would be compiled when the process starts.
    private byte[] _bytes = new byte[256];
    private int _length;
    private int _start;

    /// <summary>Starts a message; several may follow each other in one batch.</summary>
    public NetlinkMessage Begin(ushort type, ushort flags, uint sequence, ReadOnlySpan<byte> fixedPart)
    {
        _start = _length;
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], sequence);
        Write(header);
        Write(fixedPart);
        return Close();
    }

    /// <summary>Adds an attribute to the last message.</summary>
    public NetlinkMessage Attribute(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> header = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(4 + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], type);
        Write(header);
        Write(value);
        return Close();
    }

    /// <summary>Adds a NUL-terminated string.</summary>
    public NetlinkMessage Attribute(ushort type, string text) => Attribute(type, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>Adds a number in the machine's byte order.</summary>
    public NetlinkMessage Attribute(ushort type, uint number) => Attribute(type, BitConverter.GetBytes(number));

    /// <summary>All messages so far.</summary>
    public byte[] ToArray() => _bytes[.._length];

    private NetlinkMessage Close()
    {
        Write(stackalloc byte[-_length & 3]);

        // The header's length covers everything up to here.
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_start), _length - _start);
        return this;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _length + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
