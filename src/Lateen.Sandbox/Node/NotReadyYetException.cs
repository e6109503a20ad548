namespace Lateen.Sandbox.Node;

/// <summary>A container or volume can not be made now; it can when what the message names is there.</summary>
/// <param name="reason">The reason for the pod's status and event.</param>
internal sealed class NotReadyYetException(string reason, string message) : Exception(message)
{
    /// <summary>The reason, such as <c>FailedMount</c>.</summary>
    public string Reason { get; } = reason;
}
