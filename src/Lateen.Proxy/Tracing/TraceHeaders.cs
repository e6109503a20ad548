using System.Buffers.Text;
using Lateen.Net.Http1;

namespace Lateen.Proxy.Tracing;

/// <summary>Trace context in headers: B3 in several fields or in one (openzipkin/b3-propagation), and W3C traceparent.</summary>
internal static class TraceHeaders
{
    /// <summary>Reads what the client sent; false if there is no valid context. <paramref name="decided"/>: the sampling decision came with it.</summary>
    public static bool TryRead(MessageHead head, out TraceContext context, out bool decided)
    {
        context = default;
        decided = false;
        if (head.TryGet("traceparent"u8, out ReadOnlySpan<byte> parent) && TryTraceparent(parent, ref context))
        {
            decided = true;
            return true;
        }
        if (head.TryGet("b3"u8, out ReadOnlySpan<byte> single))
        {
            return TrySingle(single, ref context, out decided);
        }
        if (head.TryGet("x-b3-sampled"u8, out ReadOnlySpan<byte> sampled))
        {
            context.IsSampled = sampled.SequenceEqual("1"u8) || sampled.SequenceEqual("true"u8);
            decided = sampled.Length > 0;
        }
        if (head.TryGet("x-b3-flags"u8, out ReadOnlySpan<byte> flags) && flags.SequenceEqual("1"u8))
        {
            (context.IsSampled, decided) = (true, true);
        }
        if (!head.TryGet("x-b3-traceid"u8, out ReadOnlySpan<byte> trace) || !head.TryGet("x-b3-spanid"u8, out ReadOnlySpan<byte> span)
            || !TryTraceId(trace, ref context) || !TryHex(span, out context.Span))
        {
            return false;
        }
        if (head.TryGet("x-b3-parentspanid"u8, out ReadOnlySpan<byte> above))
        {
            TryHex(above, out context.Parent);
        }
        return true;
    }

    /// <summary>Writes the context for the next hop: B3, W3C, and whatever form the client used.</summary>
    public static void Write(MessageHead head, in TraceContext context, bool b3, bool w3c, bool is128)
    {
        ulong span = context.Child != 0 ? context.Child : context.Span;
        ulong parent = context.Child != 0 ? context.Span : context.Parent;
        Span<byte> text = stackalloc byte[80];
        if (head.TryGet("b3"u8, out _))
        {
            int n = WriteTraceId(text, context, is128);
            text[n++] = (byte)'-';
            n += WriteHex(text[n..], span);
            text[n++] = (byte)'-';
            text[n++] = context.IsSampled ? (byte)'1' : (byte)'0';
            head.Set("b3"u8, text[..n]);
        }
        if (b3)
        {
            head.Set("x-b3-traceid"u8, text[..WriteTraceId(text, context, is128)]);
            head.Set("x-b3-spanid"u8, text[..WriteHex(text, span)]);
            if (parent != 0)
            {
                head.Set("x-b3-parentspanid"u8, text[..WriteHex(text, parent)]);
            }
            head.Set("x-b3-sampled"u8, context.IsSampled ? "1"u8 : "0"u8);
        }
        if (w3c || head.TryGet("traceparent"u8, out _))
        {
            // W3C Trace Context 3.2: version, trace id, parent id, flags.
            "00-"u8.CopyTo(text);
            int n = 3;
            n += WriteHex(text[n..], context.TraceHigh);
            n += WriteHex(text[n..], context.TraceLow);
            text[n++] = (byte)'-';
            n += WriteHex(text[n..], span);
            (context.IsSampled ? "-01"u8 : "-00"u8).CopyTo(text[n..]);
            head.Set("traceparent"u8, text[..(n + 3)]);
        }
    }

    private static bool TryTraceparent(ReadOnlySpan<byte> text, ref TraceContext context)
    {
        // A later version may have more after the flags; version ff is forbidden.
        if (text.Length < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-' || text[..2].SequenceEqual("ff"u8))
        {
            return false;
        }
        if (!TryHex(text[3..19], out context.TraceHigh) | !TryHex(text[19..35], out context.TraceLow) | !TryHex(text[36..52], out context.Span)
            || (context.TraceHigh | context.TraceLow) == 0 || context.Span == 0 || !TryHex(text[53..55], out ulong flags))
        {
            context = default;
            return false;
        }
        context.IsSampled = (flags & 1) != 0;
        return true;
    }

    // traceid-spanid-sampled-parent, from the right optional; or the decision alone.
    private static bool TrySingle(ReadOnlySpan<byte> text, ref TraceContext context, out bool decided)
    {
        int dash = text.IndexOf((byte)'-');
        if (dash < 0)
        {
            decided = text.Length == 1;
            context.IsSampled = decided && text[0] is (byte)'1' or (byte)'d';
            return false;
        }
        ReadOnlySpan<byte> rest = text[(dash + 1)..];
        int next = rest.IndexOf((byte)'-');
        ReadOnlySpan<byte> state = next < 0 ? [] : rest[(next + 1)..];
        decided = state.Length > 0;
        context.IsSampled = decided && state[0] is (byte)'1' or (byte)'d';
        if (state.Length > 2)
        {
            TryHex(state[2..], out context.Parent);
        }
        return TryTraceId(text[..dash], ref context) && TryHex(next < 0 ? rest : rest[..next], out context.Span);
    }

    private static bool TryTraceId(ReadOnlySpan<byte> text, ref TraceContext context) => text.Length switch
    {
        32 => TryHex(text[..16], out context.TraceHigh) & TryHex(text[16..], out context.TraceLow),
        16 => TryHex(text, out context.TraceLow),
        _ => false,
    };

    private static bool TryHex(ReadOnlySpan<byte> text, out ulong value) =>
        Utf8Parser.TryParse(text, out value, out int used, 'x') && used == text.Length && text.Length <= 16;

    private static int WriteTraceId(Span<byte> destination, in TraceContext context, bool is128)
    {
        int n = is128 || context.TraceHigh != 0 ? WriteHex(destination, context.TraceHigh) : 0;
        return n + WriteHex(destination[n..], context.TraceLow);
    }

    private static int WriteHex(Span<byte> destination, ulong value)
    {
        value.TryFormat(destination, out int written, "x16");
        return written;
    }
}
