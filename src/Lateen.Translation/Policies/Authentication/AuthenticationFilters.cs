using System.Globalization;
using Envoy.Extensions.Filters.Http.JwtAuthn.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Istio.Authentication.V1alpha1;
using Istio.Envoy.Config.Filter.Http.Authn.V2alpha1;
using Lateen.Model;
using Lateen.Model.Policies;

namespace Lateen.Translation.Policies.Authentication;

/// <summary>The filters of a workload's RequestAuthentications: tokens are verified, and what they say is told to the filters behind.</summary>
/// <remarks>Istio, RequestAuthentication: a request without a token passes; one with a token that no rule accepts gets 401.</remarks>
internal static class AuthenticationFilters
{
    private const string JwtName = "envoy.filters.http.jwt_authn";
    private const string AuthnName = "istio_authn";

    public static IEnumerable<HttpFilter> Build(ProxyContext context)
    {
        var policies = PolicySelection.Select(
            context.Snapshot.Index.RequestAuthentications,
            context.Mesh.RootNamespace,
            context.Proxy,
            policy => (policy.Selector, policy.TargetRef));
        // The order of rules must not depend on the order of resources.
        var rules = policies.SelectMany(policy => policy.JwtRules).OrderBy(rule => rule.Issuer, StringComparer.Ordinal).ToEquatableArray();
        return rules.IsEmpty ? [] : [Filter(JwtName, Verification(context, rules)), Filter(AuthnName, Identity(rules))];
    }

    /// <summary>Envoy's own check of tokens.</summary>
    public static JwtAuthentication Verification(ProxyContext context, EquatableArray<JwtRule> rules)
    {
        var result = new JwtAuthentication
        {
            // Browsers ask without credentials whether they may send them.
            BypassCorsPreflight = true,
            Rules = { new RequirementRule { Match = new() { Prefix = "/" }, Requires = Requirement(rules.Count) } },
        };
        for (var i = 0; i < rules.Count; i++)
        {
            result.Providers[Name(i)] = Provider(context, rules[i]);
        }

        return result;
    }

    /// <summary>What the mesh calls a caller's identity, made of the verified token.</summary>
    public static FilterConfig Identity(EquatableArray<JwtRule> rules)
    {
        var policy = new Policy { OriginIsOptional = true, PrincipalBinding = PrincipalBinding.UseOrigin };
        policy.Origins.AddRange(rules.Select(rule => new OriginAuthenticationMethod { Jwt = new() { Issuer = rule.Issuer } }));
        return new() { Policy = policy, SkipValidateTrustDomain = true };
    }

    private static JwtProvider Provider(ProxyContext context, JwtRule rule)
    {
        var provider = new JwtProvider
        {
            Issuer = rule.Issuer,
            Forward = rule.ForwardOriginalToken,
            ForwardPayloadHeader = rule.OutputPayloadToHeader,
            PayloadInMetadata = rule.Issuer,
        };
        provider.Audiences.AddRange(rule.Audiences);
        provider.FromHeaders.AddRange(rule.FromHeaders.Select(h => new Envoy.Extensions.Filters.Http.JwtAuthn.V3.JwtHeader { Name = h.Name, ValuePrefix = h.Prefix }));
        provider.FromParams.AddRange(rule.FromParams);
        provider.FromCookies.AddRange(rule.FromCookies);
        provider.ClaimToHeaders.AddRange(rule.OutputClaimToHeaders.Select(c => new JwtClaimToHeader { HeaderName = c.Header, ClaimName = c.Claim }));
        KeySets.Apply(context, provider, rule);
        return provider;
    }

    /// <summary>A token of any issuer, or none. With several issuers each token that is there has to be good, unless one of them settles it.</summary>
    private static JwtRequirement Requirement(int count)
    {
        if (count == 1)
        {
            return OrMissing(0);
        }

        var any = new JwtRequirementOrList();
        any.Requirements.AddRange(Enumerable.Range(0, count).Select(i => new JwtRequirement { ProviderName = Name(i) }));
        any.Requirements.Add(new JwtRequirement { RequiresAll = new() { Requirements = { Enumerable.Range(0, count).Select(OrMissing) } } });
        return new() { RequiresAny = any };
    }

    private static JwtRequirement OrMissing(int index) => new()
    {
        RequiresAny = new()
        {
            Requirements = { new JwtRequirement { ProviderName = Name(index) }, new JwtRequirement { AllowMissing = new Empty() } },
        },
    };

    private static string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"origins-{index}");

    private static HttpFilter Filter(string name, IMessage config) => new() { Name = name, TypedConfig = config.Pack() };
}
