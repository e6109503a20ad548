using System.Globalization;
using System.Text;

namespace Lateen.Sandbox.Kubelet.Logs;

/// <summary>Copies a container's log to a client, without the runtime's prefixes, and follows it while it grows.</summary>
/// <remarks>Memory is bounded by one entry: the file is read in pieces, and a tail is found by reading backwards.</remarks>
internal sealed class LogReader(TimeProvider time)
{
    private const int PieceSize = 64 * 1024;
    private const int EntryLimit = 1024 * 1024;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    public async Task CopyAsync(IContainerLog log, LogRequest request, Stream output, CancellationToken cancel)
    {
        await using var file = new FileStream(log.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, useAsync: true);
        if (request.TailLines is { } tail)
        {
            file.Position = await TailStartAsync(file, tail, cancel);
        }

        var left = request.LimitBytes ?? long.MaxValue;
        var buffer = new byte[PieceSize];
        var held = 0;
        using var plain = new MemoryStream();
        while (left > 0)
        {
            // Whether the container has ended is asked before the read: what it wrote last is then surely read.
            var ended = log.Ended.IsCompleted;
            var read = await file.ReadAsync(buffer.AsMemory(held), cancel);
            if (read == 0)
            {
                if (!request.Follow || ended)
                {
                    return;
                }

                await WaitAsync(log, cancel);
                continue;
            }

            held += read;
            var taken = Strip(buffer.AsSpan(0, held), request, plain);
            buffer.AsSpan(taken, held - taken).CopyTo(buffer);
            held -= taken;
            if (held == buffer.Length)
            {
                if (buffer.Length >= EntryLimit)
                {
                    throw new InvalidDataException($"{log.Path}: an entry is longer than {EntryLimit} bytes");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }

            var count = (int)Math.Min(left, plain.Length);
            await output.WriteAsync(plain.GetBuffer().AsMemory(0, count), cancel);
            await output.FlushAsync(cancel);
            left -= count;
            plain.SetLength(0);
        }
    }

    private async Task WaitAsync(IContainerLog log, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var pause = Task.Delay(PollInterval, time, stop.Token);
        await Task.WhenAny(log.Ended, pause);
        await stop.CancelAsync();
        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>Where the last lines begin.</summary>
    private static async Task<long> TailStartAsync(FileStream file, long lines, CancellationToken cancel)
    {
        var end = file.Length;
        if (lines <= 0)
        {
            return end;
        }

        var buffer = new byte[PieceSize];
        var position = end;
        var seen = 0L;
        while (position > 0)
        {
            var size = (int)Math.Min(buffer.Length, position);
            position -= size;
            file.Position = position;
            await file.ReadExactlyAsync(buffer.AsMemory(0, size), cancel);
            for (var i = size - 1; i >= 0; i--)
            {
                // The file's last newline ends the last line; each one before it ends a line before it.
                if (buffer[i] == '\n' && position + i != end - 1 && ++seen == lines)
                {
                    return position + i + 1;
                }
            }
        }

        return 0;
    }

    /// <summary>Writes the text of all whole entries to <paramref name="plain"/>; returns how many bytes they took.</summary>
    private static int Strip(ReadOnlySpan<byte> entries, LogRequest request, MemoryStream plain)
    {
        var taken = 0;
        while (entries[taken..].IndexOf((byte)'\n') is var length and >= 0)
        {
            WriteEntry(entries.Slice(taken, length), request, plain);
            taken += length + 1;
        }

        return taken;
    }

    /// <summary>Kubernetes CRI logging: time, stream, P or F, text.</summary>
    private static void WriteEntry(ReadOnlySpan<byte> entry, LogRequest request, MemoryStream plain)
    {
        var first = entry.IndexOf((byte)' ');
        var second = first < 0 ? -1 : first + 1 + entry[(first + 1)..].IndexOf((byte)' ');
        var third = second <= first ? -1 : second + 1 + entry[(second + 1)..].IndexOf((byte)' ');
        if (third <= second)
        {
            // Not an entry of a runtime; shown as it is.
            plain.Write(entry);
            plain.WriteByte((byte)'\n');
            return;
        }

        if (request.Since is { } since && Time(entry[..first]) is { } stamp && stamp < since)
        {
            return;
        }

        if (request.Timestamps)
        {
            plain.Write(entry[..(first + 1)]);
        }

        plain.Write(entry[(third + 1)..]);
        if (entry[second + 1] != 'P')
        {
            plain.WriteByte((byte)'\n');
        }
    }

    /// <summary>RFC 3339 with nanoseconds, of which the platform keeps seven digits.</summary>
    private static DateTimeOffset? Time(ReadOnlySpan<byte> text)
    {
        var stamp = Encoding.ASCII.GetString(text);
        var dot = stamp.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && stamp.EndsWith('Z') && stamp.Length - dot > 9)
        {
            stamp = stamp[..(dot + 8)] + "Z";
        }

        return DateTimeOffset.TryParse(stamp, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
    }
}
