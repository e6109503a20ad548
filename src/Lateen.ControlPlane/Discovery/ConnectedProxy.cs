using System.Collections.Immutable;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Security;
using Lateen.Translation.Views;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>A proxy with an open stream: what it said of itself, completed by what the mesh knows of its pod, and what was made for it last.</summary>
/// <remarks>Called by the proxy's own stream alone; <see cref="Problems"/> by anybody.</remarks>
internal sealed class ConnectedProxy(ProxyNode node)
{
    private readonly Dictionary<(string TypeUrl, ResourcePart Part), SharedAs> _shared = [];
    private readonly Dictionary<string, OwnPart> _own = [];
    private readonly Dictionary<string, JoinedResources> _joined = [];
    private (Workload? Pod, MeshIndex Index, ProxyNode Node)? _recognised;
    private ImmutableDictionary<string, IReadOnlyList<ModelProblem>> _problems = ImmutableDictionary<string, IReadOnlyList<ModelProblem>>.Empty;

    /// <summary>Who it was found to be; null on the plaintext port.</summary>
    public SpiffeId? Identity { get; init; }

    /// <summary>As the proxy said it.</summary>
    public ProxyNode Node { get; } = node;

    /// <summary>What could not be honoured in the resources that are this proxy's alone.</summary>
    public IEnumerable<ModelProblem> Problems => Volatile.Read(ref _problems).Values.SelectMany(problems => problems);

    /// <summary>Takes what could not be honoured in its own resources of a type, in place of what was so before.</summary>
    public void Report(string typeUrl, IReadOnlyList<ModelProblem> problems)
    {
        if (problems.Count > 0 || _problems.ContainsKey(typeUrl))
        {
            Volatile.Write(ref _problems, problems.Count > 0 ? _problems.SetItem(typeUrl, problems) : _problems.Remove(typeUrl));
        }
    }

    /// <summary>The proxy as the snapshot knows it; looked up again when its pod or the machines changed.</summary>
    public ProxyNode In(MeshSnapshot mesh)
    {
        var pod = mesh.Workloads.At(Node.Address);
        if (_recognised is not { } known || !ReferenceEquals(known.Pod, pod) || !ReferenceEquals(known.Index, mesh.Index))
        {
            var recognised = NodeReader.Recognise(Node, mesh);
            recognised = _recognised is { } last && last.Node == recognised ? last.Node : recognised;
            _recognised = known = (pod, mesh.Index, recognised);
        }

        return known.Node;
    }

    /// <summary>What of it counts in a view; the same instance while both are the same.</summary>
    public SharedAs SharedIn(MeshView view, ProxyNode proxy)
    {
        var place = (view.Key.TypeUrl, view.Key.Part);
        if (!_shared.TryGetValue(place, out var known) || !ReferenceEquals(known.View, view) || !ReferenceEquals(known.Proxy, proxy))
        {
            _shared[place] = known = new SharedAs(view, proxy, SharedProxy.Of(proxy, view));
        }

        return known;
    }

    /// <summary>Its own resources, made again when the view or its pods changed.</summary>
    public IReadOnlyList<XdsResource> Own(ResourceCache cache, MeshSnapshot mesh, MeshView view, ProxyNode proxy)
    {
        var pods = mesh.Workloads.AtAny(proxy.Addresses);
        var unknown = pods.IsEmpty ? mesh.Endpoints : null;
        if (!_own.TryGetValue(view.Key.TypeUrl, out var known) || !known.Holds(view, proxy, pods, unknown))
        {
            var made = cache.Own(mesh, view, proxy, pods, problems => Report(view.Key.TypeUrl, problems));
            var same = known is not null && known.Resources.Count == made.Count && known.Resources.SequenceEqual(made, ReferenceEqualityComparer.Instance);
            _own[view.Key.TypeUrl] = known = new OwnPart(view, proxy, pods, unknown, same ? known!.Resources : made);
        }

        return known.Resources;
    }

    /// <summary>Two parts as one list; the same list as long as the parts are.</summary>
    public JoinedResources Join(string typeUrl, IReadOnlyList<XdsResource> first, IReadOnlyList<XdsResource> second)
    {
        if (!_joined.TryGetValue(typeUrl, out var known) || !known.Joins(first, second))
        {
            _joined[typeUrl] = known = new JoinedResources(first, second);
        }

        return known;
    }

    // A proxy whose pod is unknown is found by its endpoints, whatever service has them.
    private sealed record OwnPart(
        MeshView View, ProxyNode Proxy, EquatableArray<Workload> Pods, EndpointTable? Endpoints, IReadOnlyList<XdsResource> Resources)
    {
        public bool Holds(MeshView view, ProxyNode proxy, EquatableArray<Workload> pods, EndpointTable? endpoints) =>
            ReferenceEquals(View, view) && ReferenceEquals(Proxy, proxy) && Pods == pods
            && (endpoints is null ? Endpoints is null : Endpoints is not null && Endpoints.IsSame(endpoints));
    }
}

/// <summary>A proxy as a view tells it from others.</summary>
/// <param name="proxy">The proxy itself.</param>
/// <param name="shared">What of it counts.</param>
internal sealed class SharedAs(MeshView view, ProxyNode proxy, ProxyNode shared)
{
    public MeshView View { get; } = view;

    public ProxyNode Proxy { get; } = proxy;

    public ProxyNode Shared { get; } = shared;
}
