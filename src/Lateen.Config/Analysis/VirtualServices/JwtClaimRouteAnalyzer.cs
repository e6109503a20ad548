using Lateen.Config.Analysis.Gateways;
using Lateen.Config.Sources.Files;
using Lateen.Model.Networking;
using Lateen.Model.Policies;
using Lateen.Model.Routing;

namespace Lateen.Config.Analysis.VirtualServices;

/// <summary>IST0149: a route asks for a claim of a token, and no RequestAuthentication of the gateway's pods reads tokens.</summary>
internal sealed class JwtClaimRouteAnalyzer : IAnalyzer
{
    public string Name => "virtualservice.JWTClaimRouteAnalyzer";

    public string Description => "Checks the VirtualService using JWT claim based routing has corresponding RequestAuthentication";

    public IEnumerable<ConfigProblem> Analyze(AnalyzedMesh mesh)
    {
        var policies = mesh.Of<RequestAuthenticationConfig>().ToList();
        var gateways = GatewayReferenceAnalyzer.ByName(mesh);
        foreach (var service in mesh.Of<VirtualServiceConfig>())
        {
            var (claim, path) = FindClaim(service);
            if (claim is null)
            {
                continue;
            }

            foreach (var name in service.Gateways.Where(name => name != "mesh"))
            {
                if (!gateways.TryGetValue(GatewayReferenceAnalyzer.Resolve(name, service.Meta.Namespace), out var gateway))
                {
                    continue;
                }

                foreach (var pod in GatewayPods.Of(mesh, gateway).Where(pod => !policies.Exists(policy => Applies(mesh, policy, pod))))
                {
                    yield return ConfigProblem.Error(
                        "IST0149",
                        $"The virtual service uses the JWT claim based routing (key: {claim}) but found no request authentication for the gateway "
                        + $"({gateway.Meta.Namespace}/{gateway.Meta.Name}) pod ({pod.Resource.Namespace}/{pod.Resource.Name}). The request authentication must first be applied for the "
                        + "gateway pods to validate the JWT token and make the claims available for routing.",
                        mesh.At(service.Meta, path));
                }
            }
        }
    }

    private static bool Applies(AnalyzedMesh mesh, RequestAuthenticationConfig policy, ConfigDocument pod) =>
        (policy.Meta.Namespace == mesh.Mesh.RootNamespace || policy.Meta.Namespace == pod.Resource.Namespace)
        && policy.Selector?.Matches(pod.Node.Labels()) != false;

    private static (string? Claim, string Path) FindClaim(VirtualServiceConfig service)
    {
        for (var i = 0; i < service.Http.Count; i++)
        {
            for (var j = 0; j < service.Http[i].Match.Count; j++)
            {
                var match = service.Http[i].Match[j];
                var claim = match.Headers.Keys.Concat(match.WithoutHeaders.Keys).FirstOrDefault(RoutingClaim.IsMeant);
                if (claim is not null)
                {
                    return (claim, $"spec.http[{i}].match[{j}].headers");
                }
            }
        }

        return (null, "");
    }
}
