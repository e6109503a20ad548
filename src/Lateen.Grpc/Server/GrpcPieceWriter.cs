using System.Buffers;
using System.IO.Pipelines;

namespace Lateen.Grpc.Server;

/// <summary>Where a long message is written in pieces: what was written is handed to HTTP/2 before it grows long.</summary>
/// <remarks>
/// Without it the whole message would lie in buffers of the connection until the client has read it; a client that reads slowly, or not at
/// all, now holds <see cref="PieceLength"/> bytes and what HTTP/2 keeps ready, however long the message is.
/// </remarks>
public sealed class GrpcPieceWriter : IBufferWriter<byte>
{
    /// <summary>Bytes that are written before they are flushed.</summary>
    public const int PieceLength = 32 << 10;

    private readonly PipeWriter _output;
    private readonly CancellationToken _cancellation;
    private Memory<byte> _room;
    private int _used;
    private int _left;
    private int _unflushed;

    /// <param name="length">Bytes that will be written in all; room is taken for no more.</param>
    internal GrpcPieceWriter(PipeWriter output, int length, CancellationToken cancellation) => (_output, _left, _cancellation) = (output, length, cancellation);

    /// <summary>Whether it is time to flush.</summary>
    public bool IsFull => _unflushed + _used >= PieceLength;

    /// <summary>Room for at least that many bytes; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc cref="GetSpan"/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_room.Length - _used < Math.Max(sizeHint, 1))
        {
            Commit();
            _room = _output.GetMemory(Math.Max(sizeHint, Math.Min(_left, PieceLength - _unflushed)));
        }

        return _room[_used..];
    }

    public void Advance(int count) => _used += count;

    /// <summary>Copies bytes, flushing where a piece is full.</summary>
    /// <exception cref="OperationCanceledException">The client ended the call.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var taken = Math.Min(bytes.Length, Math.Max(PieceLength - _unflushed - _used, 0));
            bytes.Span[..taken].CopyTo(GetSpan(taken));
            _used += taken;
            bytes = bytes[taken..];
            if (IsFull)
            {
                await FlushAsync();
            }
        }
    }

    internal async ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        foreach (var piece in pieces)
        {
            await WriteAsync(piece);
        }
    }

    /// <summary>Hands over what was written; completes when HTTP/2 flow control has taken it, which is the back-pressure.</summary>
    /// <exception cref="OperationCanceledException">The client ended the call.</exception>
    public async ValueTask FlushAsync()
    {
        Commit();
        var flush = await _output.FlushAsync(_cancellation);
        if (flush.IsCompleted || flush.IsCanceled)
        {
            throw new OperationCanceledException("the client ended the call", _cancellation);
        }

        _unflushed = 0;
    }

    // The pipe is asked once for a piece, not once for each of the hundreds of parts that it is put together from.
    private void Commit()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _left -= _used;
            _unflushed += _used;
        }

        (_room, _used) = (default, 0);
    }
}
