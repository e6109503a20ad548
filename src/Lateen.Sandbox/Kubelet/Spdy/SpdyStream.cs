using System.IO.Pipelines;
using Lateen.Sandbox.Kubelet.Streaming;

namespace Lateen.Sandbox.Kubelet.Spdy;

/// <summary>One stream of a SPDY connection, opened by the client.</summary>
/// <remarks>What arrives is held in a bounded pipe: a full one makes the connection's reader wait, and with it the client.</remarks>
internal sealed class SpdyStream(SpdyConnection connection, int id, IReadOnlyDictionary<string, string> headers) : AsyncStream
{
    private const int ReceiveLimit = 256 * 1024;

    private readonly Pipe _received = new(new PipeOptions(
        pauseWriterThreshold: ReceiveLimit, resumeWriterThreshold: ReceiveLimit / 2, useSynchronizationContext: false));

    private bool _closed;
    private bool _ended;

    public int Id { get; } = id;

    /// <summary>The headers of SYN_STREAM, by lower-case name.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; } = headers;

    public override bool CanRead => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await _received.Reader.ReadAsync(cancellationToken);
        var read = (int)Math.Min(buffer.Length, result.Buffer.Length);
        var taken = result.Buffer.Slice(0, read);
        var position = 0;
        foreach (var segment in taken)
        {
            segment.CopyTo(buffer[position..]);
            position += segment.Length;
        }

        _received.Reader.AdvanceTo(taken.End);
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.WriteDataAsync(Id, buffer, last: false, cancellationToken);

    /// <summary>Half-closes: the client reads end of file.</summary>
    public async ValueTask CloseAsync(CancellationToken cancel)
    {
        if (!_closed)
        {
            _closed = true;
            await connection.WriteDataAsync(Id, ReadOnlyMemory<byte>.Empty, last: true, cancel);
        }
    }

    internal async ValueTask ReceiveAsync(ReadOnlyMemory<byte> bytes, bool last, CancellationToken cancel)
    {
        if (!bytes.IsEmpty && !_ended)
        {
            await _received.Writer.WriteAsync(bytes, cancel);
        }

        if (last)
        {
            EndReceive();
        }
    }

    /// <summary>The connection ended or the client reset the stream.</summary>
    internal void EndReceive()
    {
        _ended = true;
        _received.Writer.Complete();
    }

    /// <summary>Nobody will read any more; what arrives is dropped from now on.</summary>
    internal void StopReading() => _received.Reader.Complete();
}
