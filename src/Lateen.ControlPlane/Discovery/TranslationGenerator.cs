using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
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

    public IEnumerable<ModelProblem> Problems(MeshSnapshot mesh) => _cache.Problems(mesh);

    public IReadOnlyList<XdsResource>? Generate(MeshSnapshot mesh, ConnectedProxy proxy, XdsQuery query)
    {
        if (!Served.Contains(query.TypeUrl))
        {
            return null;
        }

        var recognised = proxy.In(mesh);
        var parts = ViewKey.PartsOf(query.TypeUrl, recognised.Type);
        if (parts[0] == ResourcePart.Whole || ProxyTranslator.IsProxyless(recognised))
        {
            return Whole(mesh, proxy, recognised, query);
        }

        if (query.TypeUrl is TypeUrls.ClusterLoadAssignment or TypeUrls.RouteConfiguration)
        {
            var view = ViewOf(ResourcePart.Shared);
            var shared = proxy.SharedIn(view, recognised);
            return [.. query.Names.Order(StringComparer.Ordinal).Select(name => _cache.Named(mesh, view, shared, name))];
        }

        var lists = parts.Select(part => part == ResourcePart.Own
            ? proxy.Own(_cache, mesh, ViewOf(part), recognised)
            : _cache.Shared(mesh, ViewOf(part), proxy.SharedIn(ViewOf(part), recognised))).ToList();
        return proxy.Join(query.TypeUrl, lists[0], lists[1]);

        MeshView ViewOf(ResourcePart part) => _cache.View(mesh, new ViewKey(query.TypeUrl, part, recognised.Type, recognised.Namespace));
    }

    private static XdsResource[] Whole(MeshSnapshot mesh, ConnectedProxy connected, ProxyNode proxy, XdsQuery query)
    {
        var names = query.IsWildcard ? [] : query.Names.Order(StringComparer.Ordinal).ToEquatableArray();
        var result = ProxyTranslator.Translate(new TranslationRequest(mesh, proxy, query.TypeUrl, names));
        connected.Report(query.TypeUrl, result.Problems);
        return [.. result.Resources.Select(resource => new XdsResource(resource.Name, Digest(resource.Resource), resource.Resource))];
    }

    private static string Digest(Any body) => Convert.ToHexStringLower(SHA256.HashData(body.Value.Span).AsSpan(0, 8));
}
