using System.Text;
using System.Text.Json;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>A compiled JSON format: one object per line; a value made of one operator keeps its type, an absent one is null.</summary>
internal sealed class JsonLog(IReadOnlyList<KeyValuePair<string, LogFormat>> fields)
{
    private readonly (byte[] Key, LogFormat Value)[] _fields =
        [.. fields.Select(f => (Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(f.Key)}\":"), f.Value))];

    public bool TryWrite(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        Span<byte> value = stackalloc byte[8192];
        writer.Put((byte)'{');
        for (int i = 0; i < _fields.Length; i++)
        {
            if (i > 0)
            {
                writer.Put((byte)',');
            }
            writer.Put(_fields[i].Key);
            LogWriter inner = new(value);
            if (_fields[i].Value.Single is { } single)
            {
                single.Write(ref inner, info, worker);
                WriteSingle(ref writer, inner.Written, single);
                continue;
            }
            _fields[i].Value.TryWrite(ref inner, info, worker);
            WriteString(ref writer, inner.Written);
        }
        writer.Put("}\n"u8);
        return !writer.Overflowed;
    }

    private static void WriteSingle(ref LogWriter writer, scoped ReadOnlySpan<byte> value, LogOperator part)
    {
        if (part.IsNumber && !value.IsEmpty)
        {
            writer.Put(value);
        }
        else if (value.IsEmpty)
        {
            writer.Put("null"u8);
        }
        else
        {
            WriteString(ref writer, value);
        }
    }

    private static void WriteString(ref LogWriter writer, scoped ReadOnlySpan<byte> value)
    {
        writer.Put((byte)'"');
        foreach (byte b in value)
        {
            if (b is (byte)'"' or (byte)'\\')
            {
                writer.Put((byte)'\\');
            }
            if (b >= 0x20)
            {
                writer.Put(b);
            }
        }
        writer.Put((byte)'"');
    }
}
