using System.Globalization;
using System.Text;

namespace Lateen.ControlPlane.Debug;

/// <summary>Writes Prometheus' text format.</summary>
internal static class MetricText
{
    /// <summary>What a metric is, before its samples.</summary>
    /// <param name="type">`counter`, `gauge` or `histogram`.</param>
    public static void Header(StringBuilder page, string name, string type, string help) =>
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    /// <param name="labels">`type="cds",event="add"`; empty for none.</param>
    public static void Sample(StringBuilder page, string name, string labels, double value)
    {
        page.Append(name);
        if (labels.Length > 0)
        {
            page.Append('{').Append(labels).Append('}');
        }

        page.Append(CultureInfo.InvariantCulture, $" {value:0.######}\n");
    }

    /// <summary>A metric of one sample without labels.</summary>
    public static void Single(StringBuilder page, string name, string type, string help, double value)
    {
        Header(page, name, type, help);
        Sample(page, name, "", value);
    }

    /// <summary>`name="value"`, with what the format wants escaped.</summary>
    public static string Label(string name, string value) =>
        $"{name}=\"{value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
}
