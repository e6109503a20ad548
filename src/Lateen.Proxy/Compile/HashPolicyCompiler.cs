using System.Text;
using Lateen.Proxy.Routing;
using EnvoyHash = Envoy.Config.Route.V3.RouteAction.Types.HashPolicy;

namespace Lateen.Proxy.Compile;

/// <summary>RouteAction.hash_policy to <see cref="HashPolicy"/>.</summary>
internal static class HashPolicyCompiler
{
    public static HashPolicy[] Compile(CompileScope scope, IReadOnlyList<EnvoyHash> policies, string path) =>
        [.. policies.Select((p, i) => One(scope, p, $"{path}[{i}]")).OfType<HashPolicy>()];

    private static HashPolicy? One(CompileScope scope, EnvoyHash policy, string path)
    {
        switch (policy.PolicySpecifierCase)
        {
            case EnvoyHash.PolicySpecifierOneofCase.Header:
                if (policy.Header.RegexRewrite is not null)
                {
                    scope.Refuse(path + ".header.regex_rewrite", "is not supported");
                }
                return new HashPolicy(HashSource.Header, Encoding.ASCII.GetBytes(policy.Header.HeaderName.ToLowerInvariant()), policy.Terminal);
            case EnvoyHash.PolicySpecifierOneofCase.Cookie:
                return new HashPolicy(HashSource.Cookie, Encoding.UTF8.GetBytes(policy.Cookie.Name), policy.Terminal)
                {
                    CookieSeconds = policy.Cookie.Ttl is { } ttl ? ttl.Seconds : null,
                    CookiePath = policy.Cookie.Path,
                };
            case EnvoyHash.PolicySpecifierOneofCase.ConnectionProperties:
                return policy.ConnectionProperties.SourceIp ? new HashPolicy(HashSource.SourceIp, [], policy.Terminal) : null;
            case EnvoyHash.PolicySpecifierOneofCase.QueryParameter:
                return new HashPolicy(HashSource.QueryParameter, Encoding.UTF8.GetBytes(policy.QueryParameter.Name), policy.Terminal);
            default:
                scope.Refuse(path, $"{policy.PolicySpecifierCase} is not supported: use header, cookie, connection_properties or query_parameter");
                return null;
        }
    }
}
