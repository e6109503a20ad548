using System.Globalization;
using System.Text;

namespace Lateen.Injection.GoTemplate;

/// <summary>The part of Go's <c>fmt.Sprintf</c> that templates use: %v %s %d %q %t %f %e %g %x %X %o %b %c %T %%, width, precision, flags.</summary>
internal static class GoPrintf
{
    private const int MaxWidth = 1024;

    public static string Format(string format, ReadOnlySpan<object?> arguments)
    {
        var into = new StringBuilder();
        var next = 0;
        for (var i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                into.Append(format[i]);
                continue;
            }

            i = ReadVerb(format, i + 1, out var verb);
            if (verb.Letter == '%')
            {
                into.Append('%');
            }
            else if (verb.Letter == '\0')
            {
                into.Append("%!(NOVERB)");
            }
            else if (next >= arguments.Length)
            {
                into.Append("%!").Append(verb.Letter).Append("(MISSING)");
            }
            else
            {
                into.Append(Pad(verb, One(verb, arguments[next++])));
            }
        }

        if (next < arguments.Length)
        {
            into.Append("%!(EXTRA ");
            for (var i = next; i < arguments.Length; i++)
            {
                into.Append(i > next ? ", " : "").Append(GoValue.TypeOf(arguments[i])).Append('=').Append(GoValue.Format(arguments[i]));
            }

            into.Append(')');
        }

        return Arguments.Bounded(into.ToString());
    }

    private static int ReadVerb(string format, int at, out Verb verb)
    {
        var start = at;
        while (at < format.Length && "+-# 0".Contains(format[at]))
        {
            at++;
        }

        var flags = format[start..at];
        var width = ReadNumber(format, ref at);
        int? precision = null;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            precision = ReadNumber(format, ref at);
        }

        verb = new Verb(at < format.Length ? format[at] : '\0', flags, width, precision);
        return at;
    }

    private static int ReadNumber(string format, ref int at)
    {
        var number = 0;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
        {
            number = Math.Min(MaxWidth, (number * 10) + (format[at++] - '0'));
        }

        return number;
    }

    private static string One(Verb verb, object? value) => verb.Letter switch
    {
        'v' => GoValue.Format(value),
        's' => value is string or IGoStruct or List<object?> or GoMap ? Cut(verb, GoValue.Format(value)) : Wrong(verb, value),
        'd' => value is long number ? Signed(verb, number.ToString(CultureInfo.InvariantCulture)) : Wrong(verb, value),
        'q' => value is string text ? GoJson.Quote(text) : Wrong(verb, value),
        't' => value is bool ? GoValue.Format(value) : Wrong(verb, value),
        'T' => GoValue.TypeOf(value),
        'f' or 'F' => Real(verb, value, "F" + (verb.Precision ?? 6)),
        'e' or 'E' => Real(verb, value, $"{verb.Letter}{verb.Precision ?? 6}"),
        'g' or 'G' => value is double or long ? GoValue.FormatNumber(Arguments.ToReal(value)) : Wrong(verb, value),
        'x' or 'X' => Hex(verb, value),
        'o' => value is long number ? Convert.ToString(number, 8) : Wrong(verb, value),
        'b' => value is long number ? Convert.ToString(number, 2) : Wrong(verb, value),
        'c' => value is long number && Rune.IsValid((int)number) ? new Rune((int)number).ToString() : Wrong(verb, value),
        _ => Wrong(verb, value),
    };

    private static string Real(Verb verb, object? value, string format) => value is double number
        ? Signed(verb, number.ToString(format, CultureInfo.InvariantCulture))
        : Wrong(verb, value);

    private static string Hex(Verb verb, object? value)
    {
        var text = value switch
        {
            long number => number.ToString("x", CultureInfo.InvariantCulture),
            string plain => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(plain)),
            _ => null,
        };
        return text is null ? Wrong(verb, value) : verb.Letter == 'X' ? text.ToUpperInvariant() : text;
    }

    private static string Signed(Verb verb, string number) =>
        verb.Flags.Contains('+') && number[0] != '-' ? "+" + number : number;

    private static string Cut(Verb verb, string text) =>
        verb.Precision is { } precision && precision < text.Length ? text[..precision] : text;

    private static string Wrong(Verb verb, object? value) => value is null
        ? $"%!{verb.Letter}(<nil>)"
        : $"%!{verb.Letter}({GoValue.TypeOf(value)}={GoValue.Format(value)})";

    private static string Pad(Verb verb, string text)
    {
        if (text.Length >= verb.Width)
        {
            return text;
        }

        if (verb.Flags.Contains('-'))
        {
            return text.PadRight(verb.Width);
        }

        var zero = verb.Flags.Contains('0') && verb.Letter is 'd' or 'f' or 'x' or 'X';
        return zero && text[0] is '-' or '+'
            ? text[0] + text[1..].PadLeft(verb.Width - 1, '0')
            : text.PadLeft(verb.Width, zero ? '0' : ' ');
    }

    private readonly record struct Verb(char Letter, string Flags, int Width, int? Precision);
}
