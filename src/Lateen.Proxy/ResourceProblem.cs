namespace Lateen.Proxy;

/// <summary>Why one resource was refused; the resource's last good version keeps serving.</summary>
/// <param name="Resource">Name of the resource.</param>
/// <param name="Path">Field path in the resource, proto field names: <c>virtual_hosts[2].routes[0].match.safe_regex</c>.</param>
/// <param name="Message">What is wrong with the value, and what would be accepted.</param>
public sealed record ResourceProblem(string Resource, string Path, string Message)
{
    /// <summary>One line for error_detail of a NACK.</summary>
    public override string ToString() => $"{Resource}: {Path}: {Message}";
}
