namespace Lateen.Proxy.Packing;

/// <summary>A message as <see cref="BytePacker"/> packed it. Immutable; any thread.</summary>
/// <remarks>
/// For each piece of the message its packed length, then steps: the number of bytes that follow as they are, these, the number of bytes to copy
/// (0: none), and where from.
/// </remarks>
internal sealed class PackedBytes
{
    private readonly PackDictionary _dictionary;
    private readonly byte[] _packed;

    public PackedBytes(PackDictionary dictionary, byte[] packed, int length) => (_dictionary, _packed, Length) = (dictionary, packed, length);

    /// <summary>Bytes of the message.</summary>
    public int Length { get; }

    /// <summary>Bytes that it takes.</summary>
    public int PackedLength => _packed.Length;

    /// <summary>A place to copy from: so many bytes behind the dictionary's beginning.</summary>
    public static int OfDictionary(int place) => place << 1;

    /// <summary>A place to copy from: so many bytes back in the piece.</summary>
    public static int OfPiece(int distance) => (distance << 1) | 1;

    /// <summary>The message, made anew by each call.</summary>
    public byte[] ToArray() => Slice(..Length);

    /// <summary>A part of the message, made anew by each call.</summary>
    /// <param name="place">From the beginning.</param>
    public byte[] Slice(Range place)
    {
        (int start, int length) = place.GetOffsetAndLength(Length);
        byte[] part = new byte[length];
        byte[]? whole = null;
        for (int at = 0, begin = 0; begin < start + length; begin += BytePacker.PieceSize)
        {
            int packed = PackNumber.Read(_packed, ref at);
            int end = Math.Min(begin + BytePacker.PieceSize, Length);
            if (end > start)
            {
                (int from, int until) = (Math.Max(start, begin), Math.Min(start + length, end));
                // Copies within a piece reach back to its beginning.
                Span<byte> piece = from == begin ? part.AsSpan(from - start, until - from) : (whole ??= new byte[BytePacker.PieceSize]).AsSpan(0, until - begin);
                Unpack(_packed.AsSpan(at, packed), piece);
                if (from != begin)
                {
                    piece[(from - begin)..].CopyTo(part);
                }
            }
            at += packed;
        }
        return part;
    }

    /// <summary>The message is the same.</summary>
    public bool IsOf(ReadOnlySpan<byte> message) => message.Length == Length && message.SequenceEqual(ToArray());

    // As many bytes as there is room for.
    private void Unpack(ReadOnlySpan<byte> packed, Span<byte> piece)
    {
        ReadOnlySpan<byte> known = _dictionary.Bytes;
        for (int at = 0, written = 0; written < piece.Length;)
        {
            int literals = PackNumber.Read(packed, ref at);
            ReadOnlySpan<byte> fresh = packed.Slice(at, Math.Min(literals, piece.Length - written));
            fresh.CopyTo(piece[written..]);
            written += fresh.Length;
            at += literals;
            if (written == piece.Length || PackNumber.Read(packed, ref at) is not (> 0 and var copied))
            {
                continue;
            }
            int origin = PackNumber.Read(packed, ref at);
            copied = Math.Min(copied, piece.Length - written);
            if ((origin & 1) == 0)
            {
                known.Slice(origin >> 1, copied).CopyTo(piece[written..]);
                written += copied;
                continue;
            }
            // A copy may run into what it writes: a pattern that repeats.
            for (int source = written - (origin >> 1); copied > 0; copied--)
            {
                piece[written++] = piece[source++];
            }
        }
    }
}
