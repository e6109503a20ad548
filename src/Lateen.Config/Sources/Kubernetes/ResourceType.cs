using System.Text;

namespace Lateen.Config.Sources.Kubernetes;

/// <summary>A kind of Kubernetes object and where the API server keeps it.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version within the group, such as <c>v1</c>.</param>
/// <param name="Plural">The lower-case plural used in paths, such as <c>pods</c>.</param>
/// <param name="Kind">The kind used in objects, such as <c>Pod</c>.</param>
/// <param name="Namespaced">Whether objects live in a namespace.</param>
public readonly record struct ResourceType(string Group, string Version, string Plural, string Kind, bool Namespaced)
{
    /// <summary>The value of <c>apiVersion</c> in objects of this type.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The path of the collection, of one object, or of a subresource of it (Kubernetes API concepts, "Resource URIs").</summary>
    /// <param name="ns">The namespace; null or empty for all namespaces or a cluster-wide type.</param>
    /// <param name="name">The object; null for the collection.</param>
    /// <param name="subresource">A subresource of the object, such as <c>status</c>.</param>
    public string Path(string? ns = null, string? name = null, string? subresource = null)
    {
        StringBuilder path = new(Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}");
        if (Namespaced && !string.IsNullOrEmpty(ns))
        {
            path.Append("/namespaces/").Append(Uri.EscapeDataString(ns));
        }

        path.Append('/').Append(Plural);
        if (name is not null)
        {
            path.Append('/').Append(Uri.EscapeDataString(name));
        }

        if (subresource is not null)
        {
            path.Append('/').Append(subresource);
        }

        return path.ToString();
    }

    /// <summary>How the type is written on the command line: <c>pods</c>, <c>deployments.apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
