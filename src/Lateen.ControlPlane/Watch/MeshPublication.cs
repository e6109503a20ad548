using System.Collections.Immutable;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;

namespace Lateen.ControlPlane.Watch;

/// <summary>What the writer hands out after a round.</summary>
/// <param name="Update">The new snapshot; null when nothing that is served changed.</param>
/// <param name="Ingresses">The Ingresses that are served.</param>
/// <param name="GatewayApi">What became of the Gateway API's objects.</param>
/// <param name="Resources">Every Istio resource, when one of them changed, also where it is kept out; null otherwise.</param>
/// <param name="ChangedAt">When the first of its changes came, as a timestamp of the writer's clock.</param>
/// <param name="Building">How long it took to build the snapshot.</param>
internal sealed record MeshPublication(
    MeshUpdate? Update, EquatableArray<ObjectKey> Ingresses, KubernetesGatewayResult GatewayApi, ImmutableArray<ResourceState>? Resources, long ChangedAt, TimeSpan Building);
