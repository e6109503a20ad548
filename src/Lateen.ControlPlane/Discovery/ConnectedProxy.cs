using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Security;

namespace Lateen.ControlPlane.Discovery;

/// <summary>A proxy with an open stream: what it said of itself, completed by what the mesh knows of its pod.</summary>
internal sealed class ConnectedProxy(ProxyNode node)
{
    private (MeshIndex Index, ProxyNode Node)? _recognised;

    /// <summary>Who it was found to be; null on the plaintext port.</summary>
    public SpiffeId? Identity { get; init; }

    /// <summary>As the proxy said it.</summary>
    public ProxyNode Node { get; } = node;

    /// <summary>The proxy as the snapshot knows it; looked up once per index. Called by the proxy's own stream alone.</summary>
    public ProxyNode In(MeshSnapshot mesh)
    {
        if (_recognised is not { } known || !ReferenceEquals(known.Index, mesh.Index))
        {
            _recognised = known = (mesh.Index, NodeReader.Recognise(Node, mesh));
        }

        return known.Node;
    }
}
