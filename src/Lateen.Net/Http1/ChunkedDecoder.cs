namespace Lateen.Net.Http1;

/// <summary>Reads the chunked transfer coding (RFC 9112 7.1) from input cut at any place. A value: copy it to go back.</summary>
/// <remarks>
/// Chunk extensions, and trailer fields unless they are kept, are checked for harmless characters and dropped (RFC 9112 7.1.1 allows it); the forwarder makes
/// its own framing, so nothing of the sender's spelling reaches the next hop.
/// </remarks>
internal struct ChunkedDecoder
{
    private const int MaximumLineBytes = 4096, MaximumTrailerBytes = 16 * 1024;

    private long _left;
    private int _line;
    private int _trailers;
    private State _state;

    private enum State : byte
    {
        SizeStart, Size, Extension, SizeLf, Data, DataCr, DataLf, TrailerStart, Trailer, TrailerLf, FinalLf, Done, Bad,
    }

    /// <summary>Stops where trailer fields begin instead of dropping them.</summary>
    public bool KeepsTrailers { get; init; }

    /// <summary>The last chunk is over; what follows is the trailer section with its empty line.</summary>
    public readonly bool IsAtTrailers => KeepsTrailers && _state == State.TrailerStart;

    public readonly bool IsDone => _state == State.Done;

    public readonly bool IsBad => _state == State.Bad;

    /// <summary>
    /// Takes input until it has a piece of data, the end, or nothing more. Returns the number of bytes consumed; <paramref name="data"/> is the
    /// piece of the input that is body. Call again while bytes are left and it is neither done nor bad.
    /// </summary>
    public int Read(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> data)
    {
        data = [];
        int i = 0;
        while (i < input.Length && _state < State.Done && !IsAtTrailers)
        {
            if (_state == State.Data)
            {
                int n = (int)Math.Min(_left, input.Length - i);
                data = input.Slice(i, n);
                _left -= n;
                if (_left == 0)
                {
                    _state = State.DataCr;
                }
                return i + n;
            }
            _state = Next(input[i++]);
        }
        return i;
    }

    private State Next(byte c)
    {
        switch (_state)
        {
            case State.SizeStart:
                (_left, _line) = (0, 0);
                return AddDigit(c) ? State.Size : State.Bad;
            case State.Size:
                if (c == '\r')
                {
                    return State.SizeLf;
                }
                return c == ';' ? State.Extension : AddDigit(c) ? State.Size : State.Bad;
            case State.Extension:
                return c == '\r' ? State.SizeLf : IsText(c) && ++_line < MaximumLineBytes ? State.Extension : State.Bad;
            case State.SizeLf:
                return c != '\n' ? State.Bad : _left == 0 ? State.TrailerStart : State.Data;
            case State.DataCr:
                return c == '\r' ? State.DataLf : State.Bad;
            case State.DataLf:
                return c == '\n' ? State.SizeStart : State.Bad;
            case State.TrailerStart:
                return c == '\r' ? State.FinalLf : c is (byte)' ' or (byte)'\t' ? State.Bad : TrailerByte(c);
            case State.Trailer:
                return c == '\r' ? State.TrailerLf : TrailerByte(c);
            case State.TrailerLf:
                return c == '\n' ? State.TrailerStart : State.Bad;
            default:
                return c == '\n' ? State.Done : State.Bad;
        }
    }

    private State TrailerByte(byte c) => IsText(c) && ++_trailers < MaximumTrailerBytes ? State.Trailer : State.Bad;

    private static bool IsText(byte c) => c is >= 32 and not 127 or (byte)'\t';

    private bool AddDigit(byte c)
    {
        int digit = c switch
        {
            >= (byte)'0' and <= (byte)'9' => c - '0',
            >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
            >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
            _ => -1,
        };
        // Fifteen digits at most: the size stays a positive long whatever is sent.
        if (digit < 0 || ++_line > 15)
        {
            return false;
        }
        _left = (_left << 4) + digit;
        return true;
    }
}
