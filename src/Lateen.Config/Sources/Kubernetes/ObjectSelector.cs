namespace Lateen.Config.Sources.Kubernetes;

/// <summary>Which objects of a type a list or watch is about.</summary>
/// <param name="Namespace">The namespace; null for all.</param>
/// <param name="Labels">A label selector, such as <c>app=nginx,version in (v1,v2)</c>.</param>
/// <param name="Fields">A field selector, such as <c>spec.nodeName=lateen</c>.</param>
public sealed record ObjectSelector(string? Namespace = null, string? Labels = null, string? Fields = null)
{
    /// <summary>Every object of the type.</summary>
    public static readonly ObjectSelector All = new();

    internal string Query(string parameters)
    {
        string query = parameters;
        query += string.IsNullOrEmpty(Labels) ? "" : $"&labelSelector={Uri.EscapeDataString(Labels)}";
        query += string.IsNullOrEmpty(Fields) ? "" : $"&fieldSelector={Uri.EscapeDataString(Fields)}";
        return "?" + query.TrimStart('&');
    }
}
