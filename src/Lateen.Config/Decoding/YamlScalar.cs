using System.Globalization;
using System.Numerics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Lateen.Config.Decoding;

/// <summary>Gives a YAML scalar its JSON kind, as YAML 1.1 does for plain scalars (yaml.org/type).</summary>
internal static class YamlScalar
{
    public static ConfigNode Resolve(Scalar scalar)
    {
        var line = (int)scalar.Start.Line;
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any))
        {
            return ConfigNode.Scalar(ConfigNodeKind.Text, scalar.Value, line);
        }

        if (!scalar.Tag.IsEmpty)
        {
            return scalar.Tag.Value == "tag:yaml.org,2002:str"
                ? ConfigNode.Scalar(ConfigNodeKind.Text, scalar.Value, line)
                : Plain(scalar.Value, line);
        }

        return Plain(scalar.Value, line);
    }

    internal static ConfigNode Plain(string text, int line)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return ConfigNode.Null(line);
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return ConfigNode.Scalar(ConfigNodeKind.Boolean, "true", line);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return ConfigNode.Scalar(ConfigNodeKind.Boolean, "false", line);
        }

        return Number(text) is { } number
            ? ConfigNode.Scalar(ConfigNodeKind.Number, number, line)
            : ConfigNode.Scalar(ConfigNodeKind.Text, text, line);
    }

    private static string? Number(string text)
    {
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
        {
            return null;
        }

        var digits = text.Replace("_", "", StringComparison.Ordinal);
        var negative = digits[0] == '-';
        var body = digits[0] is '-' or '+' ? digits[1..] : digits;
        if (Radix(body) is { } magnitude)
        {
            return (negative ? -magnitude : magnitude).ToString(CultureInfo.InvariantCulture);
        }

        if (body.Length == 0 || !body.Any(char.IsAsciiDigit) || !body.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '-' or '+'))
        {
            return null;
        }

        if (BigInteger.TryParse(body, NumberStyles.None, CultureInfo.InvariantCulture, out var integer))
        {
            return (negative ? -integer : integer).ToString(CultureInfo.InvariantCulture);
        }

        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var real)
            ? real.ToString("R", CultureInfo.InvariantCulture)
            : null;
    }

    private static BigInteger? Radix(string body)
    {
        var (digits, radix) = body switch
        {
            ['0', 'x', .. var hex] => (hex, 16),
            ['0', 'b', .. var binary] => (binary, 2),
            ['0', 'o', .. var octal] => (octal, 8),
            ['0', .. var octal] => (octal, 8),
            _ => ("", 0),
        };
        if (digits.Length == 0)
        {
            return null;
        }

        var value = BigInteger.Zero;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return value;
    }
}
