using System.Globalization;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>%START_TIME%: ISO 8601 in UTC with milliseconds by default, else a strftime format with %s, %f and %1f to %9f.</summary>
internal static class StartTime
{
    public static void Default(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        DateTimeOffset t = DateTimeOffset.FromUnixTimeMilliseconds(info.StartWall);
        writer.PutPadded(t.Year, 4);
        writer.Put((byte)'-');
        writer.PutPadded(t.Month, 2);
        writer.Put((byte)'-');
        writer.PutPadded(t.Day, 2);
        writer.Put((byte)'T');
        writer.PutPadded(t.Hour, 2);
        writer.Put((byte)':');
        writer.PutPadded(t.Minute, 2);
        writer.Put((byte)':');
        writer.PutPadded(t.Second, 2);
        writer.Put((byte)'.');
        writer.PutPadded(t.Millisecond, 3);
        writer.Put((byte)'Z');
    }

    public static LogValue Compile(string format) => (ref LogWriter writer, StreamInfo info, ProxyWorker worker) =>
    {
        DateTimeOffset t = DateTimeOffset.FromUnixTimeMilliseconds(info.StartWall);
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                writer.Put((byte)format[i]);
                continue;
            }
            char code = format[++i];
            if (code is >= '1' and <= '9' && i + 1 < format.Length && format[i + 1] == 'f')
            {
                Fraction(ref writer, t, code - '0');
                i++;
                continue;
            }
            Field(ref writer, t, code);
        }
    };

    private static void Field(ref LogWriter writer, DateTimeOffset t, char code)
    {
        switch (code)
        {
            case 'Y': writer.PutPadded(t.Year, 4); break;
            case 'm': writer.PutPadded(t.Month, 2); break;
            case 'd': writer.PutPadded(t.Day, 2); break;
            case 'H': writer.PutPadded(t.Hour, 2); break;
            case 'M': writer.PutPadded(t.Minute, 2); break;
            case 'S': writer.PutPadded(t.Second, 2); break;
            case 'y': writer.PutPadded(t.Year % 100, 2); break;
            case 'j': writer.PutPadded(t.DayOfYear, 3); break;
            case 's': writer.Put(t.ToUnixTimeSeconds()); break;
            case 'f': Fraction(ref writer, t, 9); break;
            case 'b': writer.Put(t.ToString("MMM", CultureInfo.InvariantCulture)); break;
            case 'B': writer.Put(t.ToString("MMMM", CultureInfo.InvariantCulture)); break;
            case 'a': writer.Put(t.ToString("ddd", CultureInfo.InvariantCulture)); break;
            case 'A': writer.Put(t.ToString("dddd", CultureInfo.InvariantCulture)); break;
            case 'F': writer.Put(t.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); break;
            case 'T': writer.Put(t.ToString("HH:mm:ss", CultureInfo.InvariantCulture)); break;
            case 'z': writer.Put("+0000"u8); break;
            case 'Z': writer.Put("UTC"u8); break;
            case '%': writer.Put((byte)'%'); break;
            default:
                writer.Put((byte)'%');
                writer.Put((byte)code);
                break;
        }
    }

    private static void Fraction(ref LogWriter writer, DateTimeOffset t, int digits)
    {
        Span<byte> nine = stackalloc byte[9];
        LogWriter inner = new(nine);
        inner.PutPadded(t.Millisecond, 3);
        inner.Put("000000"u8);
        writer.Put(nine[..digits]);
    }
}
