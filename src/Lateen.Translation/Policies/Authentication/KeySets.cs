using System.Text;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Lateen.Model.Mesh;
using Lateen.Model.Policies;

namespace Lateen.Translation.Policies.Authentication;

/// <summary>Where a proxy has the keys of an issuer from: inline, as the control plane fetched them, or fetched by itself.</summary>
internal static class KeySets
{
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CacheDuration = TimeSpan.FromMinutes(5);

    public static void Apply(ProxyContext context, JwtProvider provider, JwtRule rule)
    {
        if (rule.JwksUri.Length > 0 && context.Settings.JwksFetch != JwksFetchMode.ControlPlane && JwksUri.Parse(rule.JwksUri) is { } uri)
        {
            var cluster = ServiceClusters.Find(context, uri.Host, uri.Port)?.Cluster;
            if (cluster is null && context.Settings.JwksFetch == JwksFetchMode.Proxy)
            {
                // The proxy is to fetch it in any case: with an unknown cluster it can not, and tokens are refused.
                cluster = Naming.Outbound(uri.Host, "", uri.Port);
            }

            if (cluster is not null)
            {
                provider.RemoteJwks = new()
                {
                    HttpUri = new() { Uri = rule.JwksUri, Cluster = cluster, Timeout = FetchTimeout.ToDuration() },
                    CacheDuration = CacheDuration.ToDuration(),
                };
                return;
            }
        }

        provider.LocalJwks = new()
        {
            InlineString = rule.Jwks.Length > 0 ? rule.Jwks : context.Snapshot.Index.Inputs.KeySets.Find(rule.KeySource) ?? Unusable(rule.JwksUri),
        };
    }

    /// <summary>
    /// Keys that nobody has signed with: as long as the real ones are not to be had, every token is refused, and requests without one go
    /// on as the policy says. The key's number is the address, so that a person who looks sees which one is missing.
    /// </summary>
    private static string Unusable(string uri) =>
        "{\"keys\":[ {\"e\":\"AQAB\",\"kid\":\"abc\",\"kty\":\"RSA\",\"n\":\""
        + Convert.ToBase64String(Encoding.UTF8.GetBytes(uri)).TrimEnd('=').Replace('+', '-').Replace('/', '_')
        + "\"}]}";
}
