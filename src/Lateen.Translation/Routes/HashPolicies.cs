using Envoy.Config.Route.V3;
using Lateen.Model.Networking;
using Lateen.Translation.Policies;

namespace Lateen.Translation.Routes;

/// <summary>The hash that sticks requests to an endpoint, from the destination's DestinationRule.</summary>
internal static class HashPolicies
{
    public static RouteAction.Types.HashPolicy? Of(ProxyContext context, Lateen.Model.Services.Service? service, string subset, int port)
    {
        if (service is null || context.RuleFor(service) is not { } rule)
        {
            return null;
        }

        var policy = TrafficPolicies.Effective(
            rule.Rule.TrafficPolicy, subset.Length == 0 ? null : rule.FindSubset(subset)?.TrafficPolicy, port);
        return policy?.LoadBalancer?.ConsistentHash is { } hash ? Of(hash) : null;
    }

    public static RouteAction.Types.HashPolicy? Of(ConsistentHash hash)
    {
        if (hash.HttpHeaderName is { Length: > 0 } header)
        {
            return new() { Header = new() { HeaderName = header } };
        }

        if (hash.HttpCookie is { } cookie)
        {
            return new() { Cookie = new() { Name = cookie.Name, Path = cookie.Path, Ttl = cookie.Ttl?.ToDuration() } };
        }

        if (hash.UseSourceIp)
        {
            return new() { ConnectionProperties = new() { SourceIp = true } };
        }

        return hash.HttpQueryParameterName is { Length: > 0 } parameter
            ? new() { QueryParameter = new() { Name = parameter } }
            : null;
    }
}
