namespace Lateen.Model.Workloads;

/// <summary>Where a workload runs: region, zone and subzone, each may be empty.</summary>
public sealed record Locality(string Region, string Zone, string Subzone)
{
    /// <summary>Nothing is known.</summary>
    public static Locality None { get; } = new("", "", "");

    public bool IsNone => Region.Length == 0 && Zone.Length == 0 && Subzone.Length == 0;

    /// <summary>Reads `region/zone/subzone`; later parts may be missing.</summary>
    public static Locality Parse(string text)
    {
        var parts = text.Split('/', 3);
        return text.Length == 0
            ? None
            : new(parts[0], parts.Length > 1 ? parts[1] : "", parts.Length > 2 ? parts[2] : "");
    }

    /// <summary>Reads the label `istio-locality`, where a dot stands for a slash, which labels can not hold; one with slashes is taken as it is.</summary>
    /// <param name="otherwise">`region/zone/subzone` in place of a label that is not there.</param>
    public static Locality OfLabel(string? label, string otherwise) => Parse(
        string.IsNullOrEmpty(label) ? otherwise : label.Contains('/', StringComparison.Ordinal) ? label : label.Replace('.', '/'));

    /// <summary>`region/zone/subzone`, parts from the first empty one on left out.</summary>
    public override string ToString() =>
        Zone.Length == 0 ? Region : Subzone.Length == 0 ? $"{Region}/{Zone}" : $"{Region}/{Zone}/{Subzone}";
}
