using System.Globalization;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>The parts of a cluster's name in either spelling: `outbound|80|v1|host` and `outbound_.80_.v1_.host`.</summary>
internal sealed record SubsetKey(string Direction, int Port, string Subset, string Host)
{
    public bool IsInbound => Direction == "inbound";

    /// <summary>Null for a name of another form.</summary>
    public static SubsetKey? Parse(string name)
    {
        var parts = name.StartsWith("outbound_.", StringComparison.Ordinal) || name.StartsWith("inbound_.", StringComparison.Ordinal)
            ? name.Split("_.", 4)
            : name.Split('|', 4);
        if (parts.Length != 4)
        {
            return null;
        }

        _ = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var port);
        return new(parts[0], port, parts[2], parts[3]);
    }
}
