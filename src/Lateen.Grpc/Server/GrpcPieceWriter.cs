using System.Buffers;
using System.IO.Pipelines;

namespace Lateen.Grpc.Server;

/// <summary>Where a long message is written in pieces: what was written is handed to HTTP/2 before it grows long.</summary>
/// <remarks>
/// Without it the whole message would lie in buffers of the connection until the client has read it; a client that reads slowly, or not at
/// all, now holds <see cref="PieceLength"/> bytes and what HTTP/2 keeps ready, however long the message is.
/// </remarks>
public sealed class GrpcPieceWriter
{
    /// <summary>Bytes that are written before they are flushed.</summary>
    public const int PieceLength = 32 << 10;

    private readonly PipeWriter _output;
    private readonly CancellationToken _cancellation;
    private int _unflushed;

    internal GrpcPieceWriter(PipeWriter output, CancellationToken cancellation) => (_output, _cancellation) = (output, cancellation);

    /// <summary>Whether it is time to flush.</summary>
    public bool IsFull => _unflushed >= PieceLength;

    /// <summary>Room for at least that many bytes; <see cref="Advance"/> says how many were used.</summary>
    public Span<byte> GetSpan(int size) => _output.GetSpan(size);

    public void Advance(int count)
    {
        _output.Advance(count);
        _unflushed += count;
    }

    /// <summary>Copies bytes as far as a piece goes.</summary>
    /// <returns>How many were taken; the caller flushes and goes on with the rest.</returns>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, Math.Max(PieceLength - _unflushed, 0));
        _output.Write(bytes[..taken]);
        _unflushed += taken;
        return taken;
    }

    /// <summary>Hands over what was written; completes when HTTP/2 flow control has taken it, which is the back-pressure.</summary>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async ValueTask FlushAsync()
    {
        var flush = await _output.FlushAsync(_cancellation);
        if (flush.IsCompleted || flush.IsCanceled)
        {
            throw new OperationCanceledException("the client ended the call", _cancellation);
        }

        _unflushed = 0;
    }
}
