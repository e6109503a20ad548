using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lateen.PushBench;

/// <summary>One gRPC stream on a connection of its own, down to HTTP/2 frames.</summary>
/// <remarks>
/// Real proxies are other machines; hundreds of them beside the server must take as little of its processor as they can. So nothing is parsed
/// that a client of one stream need not know (headers are skipped, HPACK is written without a table), and windows are Envoy's: 256 MiB, given
/// back by halves. Like a real proxy it takes gzip, and inflates what comes so. One reader; it also sends.
/// </remarks>
internal sealed class GrpcStream : IDisposable
{
    private const int Window = 1 << 28;
    private const int MaxFrame = 16384;
    private const int Head = 9;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _in = new byte[64 << 10];
    private readonly ArrayBufferWriter<byte> _frames = new(256);
    private readonly ArrayBufferWriter<byte> _unsent = new(256);
    private readonly byte[] _prefix = new byte[5];
    private int _from;
    private int _to;
    private int _dataLeft;
    private int _prefixLength;
    private byte[]? _message;
    private int _messageLength;
    private int _filled;
    private int _unacknowledged;
    private int _sent;
    private long _streamWindow = 65535;
    private long _connectionWindow = 65535;
    private int _initialWindow = 65535;

    /// <summary>Connects and opens the stream; its first message may follow at once.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    /// <param name="takesGzip">Whether compressed messages are asked for.</param>
    public async Task OpenAsync(IPEndPoint server, string path, bool takesGzip)
    {
        await _socket.ConnectAsync(server);
        _frames.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> setting = stackalloc byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(setting, 4);
        BinaryPrimitives.WriteInt32BigEndian(setting[2..], Window);
        Frame(4, 0, 0, setting);
        WindowUpdate(0, Window - 65535);
        var headers = new ArrayBufferWriter<byte>(128);
        headers.Write((ReadOnlySpan<byte>)[0x83, 0x86]);
        Literal(headers, [0x04], path);
        Literal(headers, [0x01], server.ToString());
        Literal(headers, [0x0f, 0x10], "application/grpc");
        Literal(headers, [0x00, 2, .. "te"u8], "trailers");
        if (takesGzip)
        {
            Literal(headers, [0x00, 20, .. "grpc-accept-encoding"u8], "gzip");
        }

        Frame(1, 0x4, 1, headers.WrittenSpan);
        await FlushAsync();
    }

    /// <summary>Sends a message, as far as the server's window goes; the rest follows while responses are read.</summary>
    public ValueTask SendAsync(ReadOnlySpan<byte> message)
    {
        var prefix = _unsent.GetSpan(5);
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], message.Length);
        _unsent.Advance(5);
        _unsent.Write(message);
        return FlushAsync();
    }

    /// <summary>Bytes of messages that came, as they came.</summary>
    public long Received { get; private set; }

    /// <summary>The next message; its bytes are rented.</summary>
    /// <exception cref="IOException">The server ended the stream.</exception>
    public async ValueTask<(byte[] Buffer, int Length)> ReadAsync()
    {
        while (true)
        {
            if (TakeData() is { } message)
            {
                Received += _messageLength;
                return _prefix[0] == 0 ? (message, _messageLength) : Inflate(message, _messageLength);
            }

            if (_dataLeft == 0 && await TakeFrameAsync())
            {
                continue;
            }

            if (_from == _to)
            {
                _from = _to = 0;
            }
            else if (_to == _in.Length)
            {
                _in.AsSpan(_from.._to).CopyTo(_in);
                (_from, _to) = (0, _to - _from);
            }

            var read = await _socket.ReceiveAsync(_in.AsMemory(_to));
            _to += read > 0 ? read : throw new IOException("the server closed the connection");
        }
    }

    public void Dispose() => _socket.Dispose();

    private static (byte[] Buffer, int Length) Inflate(byte[] message, int length)
    {
        var size = BinaryPrimitives.ReadInt32LittleEndian(message.AsSpan(length - 4));
        var inflated = ArrayPool<byte>.Shared.Rent(size);
        using (var gzip = new GZipStream(new MemoryStream(message, 0, length), CompressionMode.Decompress))
        {
            gzip.ReadExactly(inflated, 0, size);
        }

        ArrayPool<byte>.Shared.Return(message);
        return (inflated, size);
    }

    /// <summary>Moves what is there of a DATA frame into the message that is being read.</summary>
    private byte[]? TakeData()
    {
        while (_dataLeft > 0 && _from < _to)
        {
            var there = _in.AsSpan(_from, Math.Min(_dataLeft, _to - _from));
            if (_message is null)
            {
                var taken = Math.Min(there.Length, 5 - _prefixLength);
                there[..taken].CopyTo(_prefix.AsSpan(_prefixLength));
                Consume(taken);
                if ((_prefixLength += taken) == 5)
                {
                    (_messageLength, _filled) = (BinaryPrimitives.ReadInt32BigEndian(_prefix.AsSpan(1)), 0);
                    _message = ArrayPool<byte>.Shared.Rent(_messageLength);
                }
            }
            else
            {
                var taken = Math.Min(there.Length, _messageLength - _filled);
                there[..taken].CopyTo(_message.AsSpan(_filled));
                _filled += taken;
                Consume(taken);
            }

            if (_message is { } whole && _filled == _messageLength)
            {
                (_message, _prefixLength) = (null, 0);
                return whole;
            }
        }

        return null;
    }

    private void Consume(int count)
    {
        _from += count;
        _dataLeft -= count;
        _unacknowledged += count;
    }

    /// <summary>Deals with a frame of another kind, or enters a DATA frame.</summary>
    /// <returns>False when it is not there as a whole.</returns>
    private async ValueTask<bool> TakeFrameAsync()
    {
        if (_to - _from < Head)
        {
            return false;
        }

        var head = _in.AsSpan(_from, Head);
        var length = (head[0] << 16) | (head[1] << 8) | head[2];
        var (type, flags) = (head[3], head[4]);
        var stream = BinaryPrimitives.ReadInt32BigEndian(head[5..]);
        if (type == 0)
        {
            _from += Head;
            _dataLeft = (flags & 0x9) == 0 ? length : throw new IOException("the server ended the stream");
            if (_unacknowledged > Window / 2)
            {
                WindowUpdate(0, _unacknowledged);
                WindowUpdate(1, _unacknowledged);
                _unacknowledged = 0;
                await FlushAsync();
            }

            return true;
        }

        if (_to - _from < Head + length)
        {
            return false;
        }

        OnFrame(type, flags, stream, _in.AsSpan(_from + Head, length));
        _from += Head + length;
        await FlushAsync();
        return true;
    }

    private void OnFrame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case 1 when (flags & 0x1) != 0:
            case 3:
            case 7:
                throw new IOException("the server ended the stream");
            case 4 when (flags & 0x1) == 0:
                for (; payload.Length >= 6; payload = payload[6..])
                {
                    if (BinaryPrimitives.ReadUInt16BigEndian(payload) == 4)
                    {
                        var initial = BinaryPrimitives.ReadInt32BigEndian(payload[2..]);
                        _streamWindow += initial - _initialWindow;
                        _initialWindow = initial;
                    }
                }

                Frame(4, 0x1, 0, []);
                break;
            case 6 when (flags & 0x1) == 0:
                Frame(6, 0x1, 0, payload);
                break;
            case 8 when stream == 0:
                _connectionWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case 8:
                _streamWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
        }
    }

    private async ValueTask FlushAsync()
    {
        while (_unsent.WrittenCount > _sent && Math.Min(_streamWindow, _connectionWindow) is > 0 and var window)
        {
            var size = (int)Math.Min(Math.Min(window, MaxFrame), _unsent.WrittenCount - _sent);
            Frame(0, 0, 1, _unsent.WrittenSpan.Slice(_sent, size));
            _sent += size;
            _streamWindow -= size;
            _connectionWindow -= size;
        }

        if (_sent == _unsent.WrittenCount)
        {
            _unsent.ResetWrittenCount();
            _sent = 0;
        }

        for (var at = 0; at < _frames.WrittenCount;)
        {
            at += await _socket.SendAsync(_frames.WrittenMemory[at..]);
        }

        _frames.ResetWrittenCount();
    }

    private void WindowUpdate(int stream, int increment)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, increment);
        Frame(8, 0, stream, payload);
    }

    // RFC 9113, 4.1: length (24), type (8), flags (8), stream (31).
    private void Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var head = _frames.GetSpan(Head);
        (head[0], head[1], head[2], head[3], head[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream);
        _frames.Advance(Head);
        _frames.Write(payload);
    }

    // RFC 7541, 6.2.2: a literal without indexing; values here are shorter than 127 bytes.
    private static void Literal(ArrayBufferWriter<byte> headers, ReadOnlySpan<byte> name, string value)
    {
        headers.Write(name);
        headers.Write((ReadOnlySpan<byte>)[(byte)value.Length]);
        headers.Write(Encoding.ASCII.GetBytes(value));
    }
}
