using System.Text.Json.Nodes;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>What happened to an object that is watched.</summary>
public enum WatchEventKind
{
    /// <summary>The object is new to this watch.</summary>
    Added,

    /// <summary>The object changed.</summary>
    Modified,

    /// <summary>The object is gone, or no longer matches the selector; the event holds its last state.</summary>
    Deleted,

    /// <summary>Nothing happened up to the resource version that the object carries.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Value">The object after the event.</param>
public readonly record struct WatchEvent(WatchEventKind Kind, JsonObject Value);
