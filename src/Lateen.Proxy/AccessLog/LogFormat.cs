using System.Text;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.AccessLog;

/// <summary>A compiled text format: literals and operators, written without allocating.</summary>
/// <remarks>Envoy, "Access logging: format strings". An absent value prints <c>-</c>, or nothing where the format is a header's.</remarks>
internal sealed class LogFormat
{
    /// <summary>Istio's default text line, without its newline.</summary>
    public const string Istio =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% " +
        "%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% " +
        "%DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" " +
        "\"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% " +
        "%DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

    /// <summary>Envoy's default text line.</summary>
    public const string Envoy =
        "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% " +
        "%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" " +
        "\"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

    private readonly LogOperator[] _parts;
    private readonly bool _omitEmpty;

    private LogFormat(LogOperator[] parts, bool omitEmpty)
    {
        _parts = parts;
        _omitEmpty = omitEmpty;
    }

    /// <summary>The one operator of a format that has nothing else; null otherwise. JSON gives such a value its type.</summary>
    public LogOperator? Single => _parts.Length == 1 && !_parts[0].IsLiteral ? _parts[0] : null;

    /// <summary>The text of a format without operators; null otherwise.</summary>
    public byte[]? Fixed => _parts.All(p => p.IsLiteral) ? [.. _parts.SelectMany(p => p.Text)] : null;

    /// <summary>Compiles; the error names the operator and its place.</summary>
    public static LogFormat? Parse(string text, bool omitEmpty, out string? error)
    {
        List<LogOperator> parts = [];
        StringBuilder literal = new();
        error = null;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                literal.Append(text[i]);
                continue;
            }
            if (i + 1 < text.Length && text[i + 1] == '%')
            {
                literal.Append('%');
                i++;
                continue;
            }
            int end = FindEnd(text, i + 1);
            if (end < 0)
            {
                error = $"unterminated operator at offset {i}: close it with %";
                return null;
            }
            LogOperator? part = LogOperators.Parse(text[(i + 1)..end], out error);
            if (part is null)
            {
                error = $"%{text[(i + 1)..end]}% at offset {i}: {error}";
                return null;
            }
            Literal(parts, literal);
            parts.Add(part);
            i = end;
        }
        Literal(parts, literal);
        return new LogFormat([.. parts], omitEmpty);
    }

    /// <summary>Writes one line; false if the destination is too small.</summary>
    public bool TryWrite(ref LogWriter writer, StreamInfo info, ProxyWorker worker)
    {
        foreach (LogOperator part in _parts)
        {
            int before = writer.Length;
            part.Write(ref writer, info, worker);
            if (writer.Length == before && !part.IsLiteral && !_omitEmpty)
            {
                writer.Put((byte)'-');
            }
        }
        return !writer.Overflowed;
    }

    /// <summary>The text in the worker's scratch memory, valid until its next use; for header values.</summary>
    public ReadOnlySpan<byte> Render(StreamInfo info, ProxyWorker worker)
    {
        Span<byte> scratch = worker.Loop.Scratch.AsSpan(0, 16 * 1024);
        LogWriter writer = new(scratch);
        return TryWrite(ref writer, info, worker) ? scratch[..writer.Length] : [];
    }

    // The closing % of an operator; START_TIME's argument may hold percent signs of its own.
    private static int FindEnd(string text, int from)
    {
        bool inside = false;
        for (int i = from; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '(':
                    inside = true;
                    break;
                case ')':
                    inside = false;
                    break;
                case '%' when !inside:
                    return i;
            }
        }
        return -1;
    }

    private static void Literal(List<LogOperator> parts, StringBuilder literal)
    {
        if (literal.Length > 0)
        {
            parts.Add(LogOperator.Literal(literal.ToString()));
            literal.Clear();
        }
    }
}
