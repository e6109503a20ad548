namespace Lateen.Config;

/// <summary>Where a problem stands: the object, the field in it, and the file and line when it was read from a file.</summary>
/// <param name="FieldPath">`spec.http[0].route[1].weight`; empty for the object as a whole.</param>
/// <param name="Line">1-based; 0 when there is none.</param>
public sealed record ConfigLocation(ResourceName? Resource, string FieldPath, string? File = null, int Line = 0)
{
    public override string ToString()
    {
        var parts = new List<string>(3);
        if (File is not null)
        {
            parts.Add(Line > 0 ? $"{File}:{Line}" : File);
        }

        if (Resource is { } resource)
        {
            parts.Add(resource.ToString());
        }

        if (FieldPath.Length > 0)
        {
            parts.Add(FieldPath);
        }

        return string.Join(" ", parts);
    }
}
