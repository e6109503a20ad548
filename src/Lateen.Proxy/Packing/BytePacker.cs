using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Lateen.Proxy.Packing;

/// <summary>Packs messages that are much alike: each is written as pieces of those before it and of itself, and what is new.</summary>
/// <remarks>
/// A mesh's thousand clusters differ in their names: of a kilobyte some hundred bytes are left. What a message has that none before it had is
/// remembered (<see cref="PackDictionary"/>); so no more is held than the messages have bytes, however little they have in common.
/// Packing is for one thread at a time; what is packed can be unpacked by any.
/// </remarks>
/// <param name="remembers">False for messages that must leave nothing behind (keys): each is packed by itself.</param>
[SkipLocalsInit]
internal sealed class BytePacker(bool remembers = true)
{
    /// <summary>Bytes that are packed together: a part of a long message is had by unpacking so many at most.</summary>
    public const int PieceSize = 16 * 1024;

    // A copy is worth its place from here on; the hash is of as many bytes.
    private const int ShortestCopy = 6;
    private const int HashBits = 12;

    // Of one message so much is remembered: a long one repeats itself.
    private const int LongestMemory = 4096;

    private PackDictionary _dictionary = new();
    private ushort[] _known = [];

    /// <summary>Packs a message; it is the caller's again afterwards.</summary>
    public PackedBytes Pack(ReadOnlySpan<byte> message)
    {
        MemoryStream packed = new();
        Span<byte> header = stackalloc byte[PackNumber.Longest];
        Span<byte> scratch = stackalloc byte[Bound(PieceSize)];
        for (int start = 0; start < message.Length; start += PieceSize)
        {
            ReadOnlySpan<byte> piece = message[start..Math.Min(start + PieceSize, message.Length)];
            int length = PackPiece(piece, scratch);
            // At the first only: all pieces of a message refer to one dictionary.
            if (start == 0 && remembers && length > piece.Length / 2)
            {
                Remember(piece[..Math.Min(piece.Length, LongestMemory)]);
                length = PackPiece(piece, scratch);
            }
            int headerLength = 0;
            PackNumber.Write(header, ref headerLength, length);
            packed.Write(header[..headerLength]);
            packed.Write(scratch[..length]);
        }
        return new PackedBytes(_dictionary, packed.ToArray(), message.Length);
    }

    // No more than this becomes of so many bytes: all of them, and a number before and behind each of the copies.
    private static int Bound(int length) => length + (length / ShortestCopy) + 16;

    private void Remember(ReadOnlySpan<byte> message)
    {
        if (_known.Length == 0)
        {
            _known = new ushort[1 << HashBits];
        }
        if (_dictionary.Length + message.Length > PackDictionary.Capacity)
        {
            // What was packed holds the one before for as long as it needs it.
            _dictionary = new PackDictionary();
            Array.Clear(_known);
        }
        int start = _dictionary.Length;
        _dictionary.Add(message);
        for (int i = 0; i + sizeof(ulong) <= message.Length; i++)
        {
            _known[Hash(message[i..])] = (ushort)(start + i + 1);
        }
    }

    // Greedy: at each place the longest of two candidates, the last in the dictionary and the last in the piece that begin alike.
    private int PackPiece(ReadOnlySpan<byte> piece, Span<byte> output)
    {
        ReadOnlySpan<byte> known = _dictionary.Bytes;
        Span<ushort> seen = stackalloc ushort[1 << HashBits];
        seen.Clear();
        int written = 0, literals = 0, at = 0;
        while (at + sizeof(ulong) <= piece.Length)
        {
            int hash = Hash(piece[at..]);
            (int length, int origin) = (0, 0);
            if (_known.Length > 0 && _known[hash] is > 0 and var remembered)
            {
                length = known[(remembered - 1)..].CommonPrefixLength(piece[at..]);
                origin = PackedBytes.OfDictionary(remembered - 1);
            }
            if (seen[hash] is > 0 and var before && piece[(before - 1)..].CommonPrefixLength(piece[at..]) is var own && own > length)
            {
                (length, origin) = (own, PackedBytes.OfPiece(at - (before - 1)));
            }
            seen[hash] = (ushort)(at + 1);
            if (length < ShortestCopy)
            {
                at++;
                continue;
            }
            WriteStep(output, ref written, piece[literals..at], length, origin);
            for (int end = at + length; ++at < end;)
            {
                if (at + sizeof(ulong) <= piece.Length)
                {
                    seen[Hash(piece[at..])] = (ushort)(at + 1);
                }
            }
            literals = at;
        }
        if (literals < piece.Length)
        {
            WriteStep(output, ref written, piece[literals..], 0, 0);
        }
        return written;
    }

    private static void WriteStep(Span<byte> output, ref int written, ReadOnlySpan<byte> literals, int length, int origin)
    {
        PackNumber.Write(output, ref written, literals.Length);
        literals.CopyTo(output[written..]);
        written += literals.Length;
        PackNumber.Write(output, ref written, length);
        if (length > 0)
        {
            PackNumber.Write(output, ref written, origin);
        }
    }

    private static int Hash(ReadOnlySpan<byte> bytes) =>
        (int)(((BinaryPrimitives.ReadUInt64LittleEndian(bytes) << 16) * 0x9E3779B97F4A7C15) >> (64 - HashBits));
}
