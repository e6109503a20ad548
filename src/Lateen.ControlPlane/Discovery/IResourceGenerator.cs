using Lateen.Model;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Makes a proxy's resources of one type from a snapshot; pure but for what it remembers.</summary>
internal interface IResourceGenerator
{
    /// <returns>The resources asked for that exist; null when the type is not served. The same list as before when nothing in it changed.</returns>
    IReadOnlyList<XdsResource>? Generate(MeshSnapshot mesh, ConnectedProxy proxy, XdsQuery query);

    /// <summary>What could not be honoured in resources that several proxies share.</summary>
    IEnumerable<ModelProblem> Problems(MeshSnapshot mesh);

    /// <summary>What a proxy's resources of a type are made from, but for endpoints: while it is equal they stay the same, whatever their names.</summary>
    /// <remarks>Endpoints are left out for load assignments alone: a push names those of them that changed.</remarks>
    /// <returns>Null for a type that is not served.</returns>
    object? BasisOf(MeshSnapshot mesh, ConnectedProxy proxy, string typeUrl);
}
