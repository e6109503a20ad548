using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Lateen.Sandbox.Kubelet.Spdy;

/// <summary>Reads and writes SPDY/3 name/value blocks, which share one zlib stream for each direction of a connection.</summary>
/// <remarks>
/// The platform's inflater takes no preset dictionary. A dictionary is nothing but text that counts as already seen, so the
/// reader first feeds it as one stored block (RFC 1951 3.2.4) and drops the output. The writer only ever emits stored blocks:
/// headers here are a few bytes, and every inflater reads them.
/// </remarks>
internal sealed class SpdyHeaderCodec : IDisposable
{
    /// <summary>The largest block that is read, in bytes after inflation.</summary>
    public const int BlockLimit = 16 * 1024;

    private const int ZlibPreambleLength = 6;

    private readonly FeedStream _compressed = new();
    private readonly DeflateStream _inflater;
    private int _preambleLeft = ZlibPreambleLength;
    private bool _preambleWritten;

    public SpdyHeaderCodec()
    {
        _compressed.Feed(StoredBlock(SpdyDictionary.Bytes));
        _inflater = new DeflateStream(_compressed, CompressionMode.Decompress);
        _inflater.ReadExactly(new byte[SpdyDictionary.Bytes.Length]);
    }

    /// <summary>The headers of one block; names are lower case, as the protocol demands.</summary>
    /// <exception cref="InvalidDataException">The block is malformed or too large.</exception>
    public IReadOnlyDictionary<string, string> Read(ReadOnlySpan<byte> block)
    {
        var preamble = Math.Min(_preambleLeft, block.Length);
        _preambleLeft -= preamble;
        _compressed.Feed(block[preamble..].ToArray());
        var plain = new byte[BlockLimit + 1];
        var length = 0;
        int read;
        while ((read = _inflater.Read(plain, length, plain.Length - length)) > 0)
        {
            length += read;
            if (length > BlockLimit)
            {
                throw new InvalidDataException($"a SPDY header block has more than {BlockLimit} bytes");
            }
        }

        return Parse(plain.AsSpan(0, length));
    }

    public byte[] Write(IReadOnlyDictionary<string, string> headers)
    {
        using var plain = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        WriteNumber(plain, number, headers.Count);
        foreach (var (name, value) in headers)
        {
            foreach (var text in (ReadOnlySpan<string>)[name.ToLowerInvariant(), value])
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                WriteNumber(plain, number, bytes.Length);
                plain.Write(bytes);
            }
        }

        // The empty block is zlib's sync flush: a reader hands out what it has when it meets one, and not before.
        byte[] block = [.. StoredBlock(plain.ToArray()), .. StoredBlock([])];
        if (_preambleWritten)
        {
            return block;
        }

        _preambleWritten = true;
        return [.. Preamble(), .. block];
    }

    public void Dispose()
    {
        _inflater.Dispose();
        _compressed.Dispose();
    }

    /// <summary>RFC 1950 2.2: CMF (deflate, 32 KiB window), FLG with FDICT set and its check bits, DICTID.</summary>
    private static byte[] Preamble()
    {
        const int cmf = 0x78;
        const int fdict = 0x20;
        var check = 31 - (((cmf << 8) | fdict) % 31);
        var preamble = new byte[ZlibPreambleLength];
        preamble[0] = cmf;
        preamble[1] = (byte)(fdict | check);
        BinaryPrimitives.WriteUInt32BigEndian(preamble.AsSpan(2), SpdyDictionary.Id);
        return preamble;
    }

    /// <summary>RFC 1951 3.2.4: a byte of block header, the length, its complement, the bytes as they are.</summary>
    private static byte[] StoredBlock(ReadOnlySpan<byte> bytes)
    {
        var block = new byte[5 + bytes.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(1), (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), (ushort)~bytes.Length);
        bytes.CopyTo(block.AsSpan(5));
        return block;
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> plain)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var count = TakeNumber(ref plain);
        for (var i = 0; i < count; i++)
        {
            headers[TakeText(ref plain)] = TakeText(ref plain);
        }

        return headers;
    }

    private static int TakeNumber(ref ReadOnlySpan<byte> plain)
    {
        var number = plain.Length < 4 ? -1 : BinaryPrimitives.ReadInt32BigEndian(plain);
        if (number is < 0 or > BlockLimit)
        {
            throw new InvalidDataException("a SPDY header block ends too early or has a wrong length");
        }

        plain = plain[4..];
        return number;
    }

    private static string TakeText(ref ReadOnlySpan<byte> plain)
    {
        var length = TakeNumber(ref plain);
        if (length > plain.Length)
        {
            throw new InvalidDataException("a SPDY header block ends too early");
        }

        var text = Encoding.UTF8.GetString(plain[..length]);
        plain = plain[length..];
        return text;
    }

    private static void WriteNumber(MemoryStream output, Span<byte> scratch, int number)
    {
        BinaryPrimitives.WriteInt32BigEndian(scratch, number);
        output.Write(scratch);
    }

    /// <summary>Gives the inflater what was fed so far, and 0 in between.</summary>
    private sealed class FeedStream : Stream
    {
        private readonly Queue<ReadOnlyMemory<byte>> _parts = new();
        private ReadOnlyMemory<byte> _part;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Feed(byte[] bytes) => _parts.Enqueue(bytes);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            while (_part.IsEmpty && _parts.TryDequeue(out var next))
            {
                _part = next;
            }

            var read = Math.Min(buffer.Length, _part.Length);
            _part.Span[..read].CopyTo(buffer);
            _part = _part[read..];
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
