using System.Buffers.Binary;
using System.Threading.Channels;

namespace Lateen.Sandbox.Kubelet.Spdy;

/// <summary>The server's end of a SPDY/3.1 connection, as kubectl's exec, attach and port-forward use it.</summary>
/// <remarks>
/// SPDY Protocol Draft 3.1, section 2. The client opens the streams. The peers (kubectl and everything else built on the same Go
/// library) neither send nor heed WINDOW_UPDATE, so flow control is TCP's: the reader stops when a stream's buffer is full.
/// </remarks>
internal sealed class SpdyConnection(Stream transport) : IAsyncDisposable
{
    private const int FrameLimit = 1024 * 1024;
    private const int DataChunk = 16 * 1024;
    private const int StreamLimit = 1024;
    private const byte FlagFin = 1;

    private readonly SpdyHeaderCodec _headers = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Dictionary<int, SpdyStream> _streams = [];
    private readonly Channel<SpdyStream> _opened = Channel.CreateBounded<SpdyStream>(StreamLimit);
    private readonly CancellationTokenSource _closed = new();

    private enum FrameType
    {
        SynStream = 1,
        SynReply = 2,
        RstStream = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        Headers = 8,
        WindowUpdate = 9,
    }

    /// <summary>Streams that the client opened, in order; ends with the connection.</summary>
    public ChannelReader<SpdyStream> Opened => _opened.Reader;

    /// <summary>Cancelled when the client is gone.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Reads frames until the client closes; the owner awaits it.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            var header = new byte[8];
            while (await transport.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancel) == header.Length)
            {
                var word = BinaryPrimitives.ReadUInt32BigEndian(header);
                var flags = header[4];
                var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) & 0xffffff);
                if (length > FrameLimit)
                {
                    throw new InvalidDataException($"a SPDY frame of {length} bytes is larger than the limit of {FrameLimit}");
                }

                var body = new byte[length];
                await transport.ReadExactlyAsync(body, cancel);
                if ((word & 0x80000000) == 0)
                {
                    await ReceiveDataAsync((int)word, flags, body, cancel);
                }
                else
                {
                    await ReceiveControlAsync((FrameType)(word & 0xffff), flags, body, cancel);
                }
            }
        }
        catch (Exception problem) when (problem is IOException or InvalidDataException or OperationCanceledException)
        {
            // The client went away or broke the protocol: either way the connection is over.
        }
        finally
        {
            _opened.Writer.TryComplete();
            lock (_streams)
            {
                foreach (var stream in _streams.Values)
                {
                    stream.EndReceive();
                }
            }

            await _closed.CancelAsync();
        }
    }

    /// <summary>Data frames of a stream, the last one with FIN when asked.</summary>
    public async ValueTask WriteDataAsync(int id, ReadOnlyMemory<byte> data, bool last, CancellationToken cancel)
    {
        do
        {
            var chunk = data[..Math.Min(DataChunk, data.Length)];
            data = data[chunk.Length..];
            var frame = new byte[8 + chunk.Length];
            BinaryPrimitives.WriteInt32BigEndian(frame, id);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), chunk.Length);
            frame[4] = last && data.IsEmpty ? FlagFin : (byte)0;
            chunk.CopyTo(frame.AsMemory(8));
            await WriteAsync(frame, cancel);
        }
        while (!data.IsEmpty);
    }

    /// <summary>Forgets a stream that both sides are done with.</summary>
    public void Forget(SpdyStream stream)
    {
        stream.StopReading();
        lock (_streams)
        {
            _streams.Remove(stream.Id);
        }
    }

    public ValueTask DisposeAsync()
    {
        _headers.Dispose();
        _writing.Dispose();
        _closed.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ReceiveDataAsync(int id, byte flags, byte[] body, CancellationToken cancel)
    {
        SpdyStream? stream;
        lock (_streams)
        {
            stream = _streams.GetValueOrDefault(id);
        }

        if (stream is not null)
        {
            await stream.ReceiveAsync(body, (flags & FlagFin) != 0, cancel);
        }
    }

    private async Task ReceiveControlAsync(FrameType type, byte flags, byte[] body, CancellationToken cancel)
    {
        switch (type)
        {
            case FrameType.SynStream when body.Length >= 10:
                await OpenAsync((int)(BinaryPrimitives.ReadUInt32BigEndian(body) & 0x7fffffff), flags, body.AsMemory(10), cancel);
                break;
            case FrameType.RstStream when body.Length >= 8:
                lock (_streams)
                {
                    if (_streams.Remove((int)(BinaryPrimitives.ReadUInt32BigEndian(body) & 0x7fffffff), out var reset))
                    {
                        reset.EndReceive();
                    }
                }

                break;
            case FrameType.Ping:
                // Section 2.6.5: a ping that the client began (odd id) is answered with the same frame.
                if (body.Length == 4 && (body[3] & 1) == 1)
                {
                    await WriteControlAsync(FrameType.Ping, 0, body, cancel);
                }

                break;
            case FrameType.Headers when body.Length >= 4:
                // Read all the same: the compression's state runs through every block.
                _headers.Read(body.AsSpan(4));
                break;
        }
    }

    private async Task OpenAsync(int id, byte flags, ReadOnlyMemory<byte> block, CancellationToken cancel)
    {
        var stream = new SpdyStream(this, id, _headers.Read(block.Span));
        lock (_streams)
        {
            if (_streams.Count >= StreamLimit || !_streams.TryAdd(id, stream))
            {
                throw new InvalidDataException($"SPDY stream {id} is open already, or there are too many");
            }
        }

        if ((flags & FlagFin) != 0)
        {
            stream.EndReceive();
        }

        var reply = _headers.Write(new Dictionary<string, string>());
        var body = new byte[4 + reply.Length];
        BinaryPrimitives.WriteInt32BigEndian(body, id);
        reply.CopyTo(body, 4);
        await WriteControlAsync(FrameType.SynReply, 0, body, cancel);
        await _opened.Writer.WriteAsync(stream, cancel);
    }

    private Task WriteControlAsync(FrameType type, byte flags, byte[] body, CancellationToken cancel)
    {
        const uint controlVersion3 = 0x80030000;
        var frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, controlVersion3 | (uint)type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        frame[4] = flags;
        body.CopyTo(frame, 8);
        return WriteAsync(frame, cancel);
    }

    private async Task WriteAsync(byte[] frame, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            await transport.WriteAsync(frame, cancel);
            await transport.FlushAsync(cancel);
        }
        finally
        {
            _writing.Release();
        }
    }
}
