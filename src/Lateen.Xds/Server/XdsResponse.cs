namespace Lateen.Xds.Server;

/// <summary>A response of either variant before it becomes bytes: resources stay shared until they are written.</summary>
/// <param name="Removed">Names that are gone (incremental only).</param>
/// <param name="ControlPlane">control_plane.identifier; empty leaves it out.</param>
internal sealed record XdsResponse(
    bool IsDelta,
    string TypeUrl,
    string Version,
    string Nonce,
    IReadOnlyList<XdsResource> Resources,
    IReadOnlyList<string> Removed,
    string ControlPlane)
{
    private int _size = -1;

    /// <summary>How many resources it names.</summary>
    public int Count => Resources.Count + Removed.Count;

    /// <summary>Bytes on the wire.</summary>
    public int Size => _size >= 0 ? _size : _size = XdsResponseBytes.SizeOf(this);
}
