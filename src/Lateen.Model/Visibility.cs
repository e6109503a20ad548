namespace Lateen.Model;

/// <summary>Who sees an object: Istio's exportTo.</summary>
public static class Visibility
{
    public const string Public = "*";
    public const string Private = ".";
    public const string None = "~";

    /// <summary>Whether an object of namespace <paramref name="owner"/> is seen from <paramref name="client"/>.</summary>
    public static bool IsVisible(EquatableArray<string> exportTo, EquatableArray<string> defaultExportTo, string owner, string client)
    {
        foreach (var to in exportTo.IsEmpty ? defaultExportTo : exportTo)
        {
            if (to == Public || to == client || (to == Private && owner == client))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it is meant for its own namespace only.</summary>
    public static bool IsPrivate(EquatableArray<string> exportTo, EquatableArray<string> defaultExportTo, string owner)
    {
        var effective = exportTo.IsEmpty ? defaultExportTo : exportTo;
        return effective.Count == 1 && (effective[0] == Private || effective[0] == owner);
    }
}
