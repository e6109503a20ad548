namespace Lateen.Sandbox.Api.Serving;

/// <summary>What a resource path names.</summary>
/// <param name="Namespace">"" when the path has none.</param>
/// <param name="Name">"" for a collection.</param>
/// <param name="Subresource">"" for the object itself.</param>
/// <param name="Rest">What follows the subresource, with its leading slash (proxy).</param>
internal sealed record RequestTarget(
    string Group, string Version, string Resource, string Namespace, string Name, string Subresource, string Rest)
{
    /// <summary>Reads <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c>; null for other paths.</summary>
    /// <remarks>Kubernetes API concepts, "Resource URIs".</remarks>
    public static RequestTarget? Parse(string path)
    {
        var segments = path.Split('/', StringSplitOptions.None).AsSpan(1);
        string group;
        string version;
        if (segments is ["api", var coreVersion, ..])
        {
            (group, version) = ("", coreVersion);
            segments = segments[2..];
        }
        else if (segments is ["apis", var namedGroup, var namedVersion, ..])
        {
            (group, version) = (namedGroup, namedVersion);
            segments = segments[3..];
        }
        else
        {
            return null;
        }

        var ns = "";
        if (segments is ["namespaces", var name, var next, ..] && next.Length > 0
            && !(group.Length == 0 && next is "status" or "finalize"))
        {
            ns = name;
            segments = segments[2..];
        }

        return segments.Length == 0 || segments[0].Length == 0
            ? null
            : new RequestTarget(
                group, version, segments[0], ns,
                segments.Length > 1 ? segments[1] : "",
                segments.Length > 2 ? segments[2] : "",
                segments.Length > 3 ? "/" + string.Join('/', segments[3..].ToArray()) : "");
    }
}
