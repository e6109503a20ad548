using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Lateen.Logging;

/// <summary>One log line as text or as JSON; line breaks in a message are escaped, so that one event is one line.</summary>
internal static class LogLine
{
    public static string Text(DateTimeOffset time, LogLevel level, string scope, string message, Exception? exception)
    {
        var text = new StringBuilder(Stamp(time)).Append('\t').Append(LogLevels.Name(level)).Append('\t');
        if (scope != LogLevels.DefaultScope)
        {
            text.Append(scope).Append('\t');
        }
        return text.Append(OneLine(Full(message, exception))).ToString();
    }

    public static string Json(DateTimeOffset time, LogLevel level, string scope, string message, Exception? exception)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("level", LogLevels.Name(level));
            writer.WriteString("time", Stamp(time));
            writer.WriteString("scope", scope);
            writer.WriteString("msg", Full(message, exception));
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string Stamp(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static string Full(string message, Exception? exception) =>
        exception is null ? message : $"{message}: {exception}";

    private static string OneLine(string text) =>
        text.AsSpan().IndexOfAny('\r', '\n') < 0
            ? text
            : text.Replace("\r", string.Empty, StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
