namespace Lateen.Config.Sources.Kubernetes;

/// <summary>How a patch is to be understood (Kubernetes API concepts, "Patch").</summary>
public enum PatchKind
{
    /// <summary>RFC 6902 operations.</summary>
    Json,

    /// <summary>RFC 7386: members replace, null removes, lists replace.</summary>
    Merge,

    /// <summary>Merge with the lists of built-in types merged by their keys.</summary>
    StrategicMerge,

    /// <summary>Server-side apply.</summary>
    Apply,
}
