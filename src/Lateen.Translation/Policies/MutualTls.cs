using Lateen.Model;
using Lateen.Model.Policies;

namespace Lateen.Translation.Policies;

/// <summary>Which mode of mutual TLS the PeerAuthentication resources give a workload, and its ports.</summary>
/// <remarks>Istio, PeerAuthentication: mesh, then namespace, then workload; the oldest of each level counts, UNSET inherits.</remarks>
internal sealed class MutualTls
{
    private readonly MutualTlsMode _workload;
    private readonly Dictionary<int, MutualTlsMode> _ports = [];

    private MutualTls(MutualTlsMode workload) => _workload = workload;

    /// <summary>The mode that clients expect of a namespace: only policies without selector count.</summary>
    public static MutualTlsMode OfNamespace(MeshSnapshot snapshot, string @namespace) =>
        Levels(snapshot, @namespace, EquatableMap<string, string>.Empty, out _);

    /// <summary>The modes of a workload.</summary>
    public static MutualTls Of(MeshSnapshot snapshot, string @namespace, EquatableMap<string, string> labels)
    {
        var inherited = Levels(snapshot, @namespace, labels, out var own);
        var mode = own?.Mtls is { } set and not MutualTlsMode.Unset ? set : inherited;
        var result = new MutualTls(mode);
        foreach (var (port, portMode) in own?.PortLevelMtls ?? EquatableMap<int, MutualTlsMode>.Empty)
        {
            result._ports[port] = portMode == MutualTlsMode.Unset ? mode : portMode;
        }

        return result;
    }

    /// <summary>The mode of one port of the workload (its own port, not a service's).</summary>
    public MutualTlsMode ModeOf(int port) => _ports.GetValueOrDefault(port, _workload);

    /// <summary>The mode of ports that are not named.</summary>
    public MutualTlsMode Default => _workload;

    /// <summary>The ports that have a mode of their own.</summary>
    public IReadOnlyDictionary<int, MutualTlsMode> Ports => _ports;

    private static MutualTlsMode Levels(
        MeshSnapshot snapshot, string @namespace, EquatableMap<string, string> labels, out PeerAuthenticationConfig? own)
    {
        PeerAuthenticationConfig? ofMesh = null;
        PeerAuthenticationConfig? ofNamespace = null;
        own = null;
        var root = snapshot.Mesh.RootNamespace;
        foreach (var policy in snapshot.Index.PeerAuthentications)
        {
            if (policy.Selector is { MatchLabels.IsEmpty: false } selector)
            {
                if (policy.Meta.Namespace == @namespace && selector.Matches(labels))
                {
                    own ??= policy;
                }
            }
            else if (policy.Meta.Namespace == root)
            {
                ofMesh ??= policy;
            }
            else if (policy.Meta.Namespace == @namespace)
            {
                ofNamespace ??= policy;
            }
        }

        if (ofNamespace?.Mtls is { } mode and not MutualTlsMode.Unset)
        {
            return mode;
        }

        return ofMesh?.Mtls is { } meshMode and not MutualTlsMode.Unset ? meshMode : MutualTlsMode.Permissive;
    }
}
