using System.Text.Unicode;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>A compiled JSON format: one object per line; a value made of one operator keeps its type, an absent one is null.</summary>
/// <remarks>The fixed text between values (braces, keys, constants) is made once. Values are escaped, so a peer's text cannot end one.</remarks>
internal sealed class JsonLog(IReadOnlyList<JsonLog.Part> parts)
{
    private readonly Part[] _parts = [.. parts];

    /// <summary>Fixed text, then a value; the last part has none.</summary>
    public sealed record Part(byte[] Text, LogFormat? Value);

    public bool TryWrite(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        Span<byte> value = stackalloc byte[8192];
        foreach (Part part in _parts)
        {
            writer.Put(part.Text);
            if (part.Value is not { } format)
            {
                continue;
            }
            LogWriter inner = new(value);
            if (format.Single is { } single)
            {
                single.Write(ref inner, info, worker);
                WriteSingle(ref writer, inner.Written, single);
                continue;
            }
            format.TryWrite(ref inner, info, worker);
            WriteString(ref writer, inner.Written);
        }
        writer.Put((byte)'\n');
        return !writer.Overflowed;
    }

    private static void WriteSingle(ref LogWriter writer, scoped ReadOnlySpan<byte> value, LogOperator part)
    {
        if (value.IsEmpty)
        {
            writer.Put("null"u8);
        }
        else if (part.IsNumber)
        {
            writer.Put(value);
        }
        else
        {
            WriteString(ref writer, value);
        }
    }

    private static void WriteString(ref LogWriter writer, scoped ReadOnlySpan<byte> value)
    {
        bool valid = Utf8.IsValid(value);
        writer.Put((byte)'"');
        foreach (byte b in value)
        {
            if (b is (byte)'"' or (byte)'\\')
            {
                writer.Put((byte)'\\');
                writer.Put(b);
            }
            else if (b < 0x20 || (b >= 0x80 && !valid))
            {
                // RFC 8259 7: control characters; a byte that is no UTF-8 is told as the Latin-1 character of that number.
                writer.Put("\\u00"u8);
                writer.Put("0123456789abcdef"u8[b >> 4]);
                writer.Put("0123456789abcdef"u8[b & 15]);
            }
            else
            {
                writer.Put(b);
            }
        }
        writer.Put((byte)'"');
    }
}
