using System.Globalization;
using System.Numerics;

namespace Lateen.Injection.Schema;

/// <summary>Kubernetes' resource quantities in their canonical form: no fraction, the largest suffix that keeps the value.</summary>
/// <remarks>Kubernetes API reference, "Quantity": 2000m is 2, 1024Mi is 1Gi, 1.5 is 1500m.</remarks>
internal static class Quantity
{
    private const string Binary = "KMGTPE";
    private static readonly string[] Decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

    /// <summary>The canonical text, or null when the text is no quantity.</summary>
    public static string? Canonical(string text)
    {
        var end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
        {
            end--;
        }

        var exponent = text.AsSpan().IndexOfAny('e', 'E');
        if (exponent > 0 && exponent < text.Length - 1)
        {
            return CanonicalExponent(text, exponent);
        }

        if (!TryReadNano(text[..end], out var nano))
        {
            return null;
        }

        var suffix = text[end..];
        if (suffix.Length == 2 && suffix[1] == 'i' && Binary.Contains(suffix[0]))
        {
            return WriteBinary(nano * BigInteger.Pow(1024, Binary.IndexOf(suffix[0]) + 1));
        }

        var scale = Array.IndexOf(Decimal, suffix);
        return scale < 0 ? null : WriteDecimal(Scale(nano, (scale - 3) * 3));
    }

    private static string? CanonicalExponent(string text, int at)
    {
        if (!TryReadNano(text[..at], out var nano)
            || !int.TryParse(text.AsSpan(at + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power)
            || Math.Abs(power) > 18)
        {
            return null;
        }

        nano = Scale(nano, power);
        power = -9;
        while (nano != 0 && nano % 1000 == 0 && power < 18)
        {
            nano /= 1000;
            power += 3;
        }

        return nano == 0 ? "0" : power == 0 ? Text(nano) : string.Create(CultureInfo.InvariantCulture, $"{nano}e{power}");
    }

    private static bool TryReadNano(string number, out BigInteger nano)
    {
        nano = 0;
        var point = number.IndexOf('.');
        var whole = point < 0 ? number : number[..point];
        var fraction = point < 0 ? "" : number[(point + 1)..];
        var sign = whole.Length > 0 && whole[0] is '+' or '-' ? whole[0] : '+';
        var digits = (whole.Length > 0 && whole[0] is '+' or '-' ? whole[1..] : whole) + fraction;
        if (digits.Length is 0 or > 60 || !digits.All(char.IsAsciiDigit))
        {
            return false;
        }

        nano = Scale(BigInteger.Parse(digits, CultureInfo.InvariantCulture) * BigInteger.Pow(10, 9), -fraction.Length);
        nano = sign == '-' ? -nano : nano;
        return true;
    }

    // What is finer than a billionth is rounded up, as the reference says.
    private static BigInteger Scale(BigInteger value, int power)
    {
        if (power >= 0)
        {
            return value * BigInteger.Pow(10, power);
        }

        var divisor = BigInteger.Pow(10, -power);
        var quotient = BigInteger.DivRem(value, divisor, out var rest);
        return rest.IsZero ? quotient : quotient + 1;
    }

    private static string WriteDecimal(BigInteger nano)
    {
        var scale = 0;
        while (!nano.IsZero && nano % 1000 == 0 && scale < Decimal.Length - 1)
        {
            nano /= 1000;
            scale++;
        }

        return nano.IsZero ? "0" : Text(nano) + Decimal[scale];
    }

    private static string WriteBinary(BigInteger nano)
    {
        var units = Scale(nano, -9);
        if (BigInteger.Abs(units) < 1024)
        {
            return WriteDecimal(nano);
        }

        var power = 0;
        while (units % 1024 == 0 && power < Binary.Length)
        {
            units /= 1024;
            power++;
        }

        return power == 0 ? Text(units) : $"{Text(units)}{Binary[power - 1]}i";
    }

    private static string Text(BigInteger value) => value.ToString(CultureInfo.InvariantCulture);
}
