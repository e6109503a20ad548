using System.Globalization;

namespace Lateen.Sandbox.Node;

/// <summary>Reads resource amounts such as <c>100m</c>, <c>128Mi</c>, <c>1.5</c>, <c>2e3</c> (Kubernetes API, <c>resource.Quantity</c>).</summary>
internal static class Quantity
{
    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m), ("Pi", 1125899906842624m),
        ("n", 0.000000001m), ("u", 0.000001m), ("m", 0.001m), ("k", 1000m), ("M", 1000000m), ("G", 1000000000m), ("T", 1000000000000m),
        ("P", 1000000000000000m),
    ];

    /// <summary>The amount; null when the text is none.</summary>
    public static decimal? Parse(string text)
    {
        decimal factor = 1;
        foreach ((string suffix, decimal value) in Suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                (text, factor) = (text[..^suffix.Length], value);
                break;
            }
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number * factor : null;
    }
}
