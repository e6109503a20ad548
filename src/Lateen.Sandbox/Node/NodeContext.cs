using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Network;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Node;

/// <summary>What the pods of a node share.</summary>
internal sealed record NodeContext
{
    public required NodeOptions Options { get; init; }

    public required KubernetesClient Client { get; init; }

    public required ClusterCache Cache { get; init; }

    public required EventRecorder Events { get; init; }

    public required ProcessLauncher Launcher { get; init; }

    public required ICommandRunner Runner { get; init; }

    public required Prober Prober { get; init; }

    public required PodNetwork Network { get; init; }

    public required AddressPool Addresses { get; init; }

    /// <summary>Fires when a ConfigMap, Secret or Service changes, which a pod may be waiting for.</summary>
    public required ChangeSignal Sources { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }
}
