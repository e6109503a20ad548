using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Answers every type with no resources.</summary>
internal sealed class EmptyGenerator : IResourceGenerator
{
    public IReadOnlyList<XdsResource>? Generate(MeshSnapshot mesh, ProxyNode proxy, XdsQuery query) => [];
}
