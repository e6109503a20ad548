using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;

namespace Lateen.Sandbox.Node;

/// <summary>Wakes who waits for any change of the followed types.</summary>
/// <remarks>Take <see cref="Next"/> before looking at the state: a change after that look completes it.</remarks>
internal sealed class ChangeSignal : IObjectListener
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next change.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Changed(ResourceType type, JsonObject? before, JsonObject? after) => Fire();

    /// <summary>Wakes all.</summary>
    public void Fire() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
