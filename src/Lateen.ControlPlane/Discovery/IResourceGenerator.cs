using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Makes a proxy's resources of one type from a snapshot; pure.</summary>
internal interface IResourceGenerator
{
    /// <returns>The resources asked for that exist; null when the type is not served.</returns>
    IReadOnlyList<XdsResource>? Generate(MeshSnapshot mesh, ProxyNode proxy, XdsQuery query);
}
