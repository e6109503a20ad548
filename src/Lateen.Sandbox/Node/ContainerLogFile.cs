using System.Globalization;
using System.Text;

namespace Lateen.Sandbox.Node;

/// <summary>Writes what a container prints to its log file: time, stream, F or P, text, one entry a line (Kubernetes CRI logging).</summary>
/// <remarks>A line is cut into entries of at most 16 KiB, so that memory stays bounded; entries of the two streams never mix within a line.</remarks>
internal static class ContainerLogFile
{
    private const int MaximumEntry = 16384;

    /// <summary>Copies both streams to the file until both end.</summary>
    public static async Task WriteAsync(string path, Stream output, Stream error, TimeProvider time)
    {
        await using FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using SemaphoreSlim one = new(1);
        await Task.WhenAll(CopyAsync(output, "stdout", file, one, time), CopyAsync(error, "stderr", file, one, time));
    }

    private static async Task CopyAsync(Stream source, string name, FileStream file, SemaphoreSlim one, TimeProvider time)
    {
        byte[] buffer = new byte[MaximumEntry];
        int held = 0;
        using MemoryStream entries = new();
        while (true)
        {
            int read = await source.ReadAsync(buffer.AsMemory(held));
            held += read;
            byte[] stamp = Encoding.ASCII.GetBytes(
                time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z '", CultureInfo.InvariantCulture) + name);
            int start = 0;
            int end;
            while ((end = Array.IndexOf(buffer, (byte)'\n', start, held - start)) >= 0)
            {
                Entry(entries, stamp, " F ", buffer.AsSpan(start, end - start));
                start = end + 1;
            }

            if (held - start == buffer.Length || (read == 0 && held > start))
            {
                Entry(entries, stamp, read == 0 ? " F " : " P ", buffer.AsSpan(start, held - start));
                start = held;
            }

            buffer.AsSpan(start, held - start).CopyTo(buffer);
            held -= start;
            if (entries.Length > 0)
            {
                await one.WaitAsync();
                try
                {
                    await file.WriteAsync(entries.GetBuffer().AsMemory(0, (int)entries.Length));
                }
                finally
                {
                    one.Release();
                }

                entries.SetLength(0);
            }

            if (read == 0)
            {
                return;
            }
        }
    }

    private static void Entry(MemoryStream entries, byte[] stamp, string kind, ReadOnlySpan<byte> text)
    {
        entries.Write(stamp);
        entries.Write(Encoding.ASCII.GetBytes(kind));
        entries.Write(text);
        entries.WriteByte((byte)'\n');
    }
}
