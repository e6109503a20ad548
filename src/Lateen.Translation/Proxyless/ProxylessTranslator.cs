using Google.Protobuf;
using Lateen.Api;
using Lateen.Model.Workloads;
using Lateen.Translation.Endpoints;

namespace Lateen.Translation.Proxyless;

/// <summary>Resources for applications that speak xDS themselves: gRPC's own clients (node metadata GENERATOR=grpc).</summary>
/// <remarks>
/// gRPC, "A27: xDS-based global load balancing": a client asks for listeners, clusters and so on by name, and takes only what it can
/// honour. A name that nothing is known of is left out, which tells the client that it does not exist.
/// </remarks>
internal static class ProxylessTranslator
{
    private const string Generator = "grpc";

    public static bool Serves(ProxyNode proxy) => proxy.Metadata.Find("GENERATOR") == Generator;

    public static IEnumerable<(string Name, IMessage Message)> Translate(ProxyContext context, TranslationRequest request)
    {
        Func<ProxyContext, string, IMessage?> build = request.TypeUrl switch
        {
            TypeUrls.Listener => ProxylessListeners.Build,
            TypeUrls.RouteConfiguration => ProxylessRoutes.Build,
            TypeUrls.Cluster => ProxylessClusters.Build,
            TypeUrls.ClusterLoadAssignment => LoadAssignments.Build,
            _ => (_, _) => null,
        };
        foreach (var name in request.Names)
        {
            if (build(context, name) is { } message)
            {
                yield return (name, message);
            }
        }
    }
}
