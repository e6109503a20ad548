using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Translation.Views;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Serves what <see cref="ProxyTranslator"/> makes, part by part out of the cache.</summary>
internal sealed class TranslationGenerator : IResourceGenerator
{
    // A type that is not made is answered with nothing at all: the agent asks for some that only a full istiod has.
    private static readonly HashSet<string> Served =
    [
        TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration, TypeUrls.TypedExtensionConfig, TypeUrls.NameTable,
    ];

    private readonly ResourceCache _cache = new();

    /// <summary>What is remembered between pushes.</summary>
    public ResourceCache Cache => _cache;

    public IEnumerable<ModelProblem> Problems(MeshSnapshot mesh) => _cache.Problems(mesh);

    public IReadOnlyList<XdsResource>? Generate(MeshSnapshot mesh, ConnectedProxy proxy, XdsQuery query)
    {
        if (!Served.Contains(query.TypeUrl))
        {
            return null;
        }

        var recognised = proxy.In(mesh);
        if (IsWhole(recognised, query.TypeUrl))
        {
            return Whole(mesh, proxy, recognised, query);
        }

        if (IsNamed(query.TypeUrl))
        {
            var shared = SharedOf(mesh, proxy, recognised, query.TypeUrl);
            return _cache.Named(mesh, shared.View, shared.Shared, query.Names);
        }

        return Lists(mesh, proxy, recognised, query.TypeUrl);
    }

    public object? BasisOf(MeshSnapshot mesh, ConnectedProxy proxy, string typeUrl)
    {
        if (!Served.Contains(typeUrl))
        {
            return null;
        }

        var recognised = proxy.In(mesh);
        return IsWhole(recognised, typeUrl) ? new WholeBasis(mesh.Index, mesh.Endpoints, mesh.Workloads, recognised)
            : IsNamed(typeUrl) ? SharedOf(mesh, proxy, recognised, typeUrl)
            : Lists(mesh, proxy, recognised, typeUrl);
    }

    private static bool IsWhole(ProxyNode proxy, string typeUrl) =>
        ViewKey.PartsOf(typeUrl, proxy.Type)[0] == ResourcePart.Whole || ProxyTranslator.IsProxyless(proxy);

    private static bool IsNamed(string typeUrl) => typeUrl is TypeUrls.ClusterLoadAssignment or TypeUrls.RouteConfiguration;

    private SharedAs SharedOf(MeshSnapshot mesh, ConnectedProxy proxy, ProxyNode recognised, string typeUrl) =>
        proxy.SharedIn(ViewOf(mesh, recognised, typeUrl, ResourcePart.Shared), recognised);

    private JoinedResources Lists(MeshSnapshot mesh, ConnectedProxy proxy, ProxyNode recognised, string typeUrl)
    {
        var lists = ViewKey.PartsOf(typeUrl, recognised.Type).Select(part =>
        {
            var view = ViewOf(mesh, recognised, typeUrl, part);
            return part == ResourcePart.Own
                ? proxy.Own(_cache, mesh, view, recognised)
                : _cache.Shared(mesh, view, proxy.SharedIn(view, recognised).Shared);
        }).ToList();
        return proxy.Join(typeUrl, lists[0], lists[1]);
    }

    private MeshView ViewOf(MeshSnapshot mesh, ProxyNode proxy, string typeUrl, ResourcePart part) =>
        _cache.View(mesh, new ViewKey(typeUrl, part, proxy.Type, proxy.Namespace));

    private static XdsResource[] Whole(MeshSnapshot mesh, ConnectedProxy connected, ProxyNode proxy, XdsQuery query)
    {
        var names = query.IsWildcard ? [] : query.Names.Order(StringComparer.Ordinal).ToEquatableArray();
        var result = ProxyTranslator.Translate(new TranslationRequest(mesh, proxy, query.TypeUrl, names));
        connected.Report(query.TypeUrl, result.Problems);
        return [.. result.Resources.Select(made => new XdsResource(made.Name, made.Version, made.TypeUrl, made.Parts))];
    }

    // Everything that a translation may read of a snapshot.
    private sealed record WholeBasis(MeshIndex Index, EndpointTable Endpoints, WorkloadTable Workloads, ProxyNode Proxy);
}
