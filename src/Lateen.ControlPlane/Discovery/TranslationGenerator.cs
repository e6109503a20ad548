using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Serves what <see cref="ProxyTranslator"/> makes; a resource's version is a digest of its bytes, so that equal content is never sent twice.</summary>
internal sealed class TranslationGenerator : IResourceGenerator
{
    // A type that is not made is answered with nothing at all: the agent asks for some that only a full istiod has.
    private static readonly HashSet<string> Served =
        [TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration];

    public IReadOnlyList<XdsResource>? Generate(MeshSnapshot mesh, ProxyNode proxy, XdsQuery query)
    {
        if (!Served.Contains(query.TypeUrl))
        {
            return null;
        }

        var names = query.IsWildcard ? [] : query.Names.Order(StringComparer.Ordinal).ToEquatableArray();
        var result = ProxyTranslator.Translate(new TranslationRequest(mesh, proxy, query.TypeUrl, names));
        return [.. result.Resources.Select(resource => new XdsResource(resource.Name, Digest(resource.Resource), resource.Resource))];
    }

    private static string Digest(Any body) => Convert.ToHexStringLower(SHA256.HashData(body.Value.Span).AsSpan(0, 8));
}
