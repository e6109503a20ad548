using Envoy.Config.Core.V3;
using Envoy.Config.Rbac.V3;
using Lateen.Net.Sockets;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Filters.Metadata;
using Lateen.Proxy.Listeners;
using EnvoyHeader = Envoy.Config.Route.V3.HeaderMatcher;
using EnvoyString = Envoy.Type.Matcher.V3.StringMatcher;
using PathMatcher = Envoy.Type.Matcher.V3.PathMatcher;

namespace Lateen.Proxy.Filters.Rbac;

/// <summary>Permissions and principals to <see cref="RbacMatcher"/>; what can not be compared is refused by its path.</summary>
internal static class RbacMatcherCompiler
{
    /// <summary>Where Istio's filters leave the peer's identity.</summary>
    private const string PeerPrincipal = "io.istio.peer_principal";

    public static RbacMatcher? Permission(CompileScope scope, Permission permission, string path)
    {
        switch (permission.RuleCase)
        {
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.Any:
                return new RbacMatcher.Always();
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.AndRules:
                return All(permission.AndRules.Rules.Select((r, i) => Permission(scope, r, $"{path}.and_rules.rules[{i}]")));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.OrRules:
                return Any(permission.OrRules.Rules.Select((r, i) => Permission(scope, r, $"{path}.or_rules.rules[{i}]")));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.NotRule:
                return Not(Permission(scope, permission.NotRule, path + ".not_rule"));
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.DestinationIp:
                return Range(scope, permission.DestinationIp, path + ".destination_ip") is { } range ? new RbacMatcher.Destination(range) : null;
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.DestinationPort:
                return new RbacMatcher.DestinationPort((int)permission.DestinationPort, (int)permission.DestinationPort + 1);
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.DestinationPortRange:
                return new RbacMatcher.DestinationPort(permission.DestinationPortRange.Start, permission.DestinationPortRange.End);
            case Envoy.Config.Rbac.V3.Permission.RuleOneofCase.RequestedServerName:
                return MatcherCompiler.String(scope, permission.RequestedServerName, path + ".requested_server_name") is { } name
                    ? new RbacMatcher.ServerName(name) : null;
            default:
                return OfRequest(scope, new(permission.Header, permission.UrlPath, permission.Metadata), path, $"{permission.RuleCase}");
        }
    }

    public static RbacMatcher? Principal(CompileScope scope, Principal principal, string path)
    {
        switch (principal.IdentifierCase)
        {
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.Any:
                return new RbacMatcher.Always();
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.AndIds:
                return All(principal.AndIds.Ids.Select((r, i) => Principal(scope, r, $"{path}.and_ids.ids[{i}]")));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.OrIds:
                return Any(principal.OrIds.Ids.Select((r, i) => Principal(scope, r, $"{path}.or_ids.ids[{i}]")));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.NotId:
                return Not(Principal(scope, principal.NotId, path + ".not_id"));
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.Authenticated:
                return Peer(scope, principal.Authenticated.PrincipalName, path + ".authenticated.principal_name");
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.FilterState when principal.FilterState.Key == PeerPrincipal:
                return Peer(scope, principal.FilterState.StringMatch, path + ".filter_state.string_match");
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.DirectRemoteIp:
                return Range(scope, principal.DirectRemoteIp, path + ".direct_remote_ip") is { } direct ? new RbacMatcher.DirectRemote(direct) : null;
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.RemoteIp:
                return Range(scope, principal.RemoteIp, path + ".remote_ip") is { } remote ? new RbacMatcher.Remote(remote) : null;
            case Envoy.Config.Rbac.V3.Principal.IdentifierOneofCase.SourceIp:
                return Range(scope, principal.SourceIp, path + ".source_ip") is { } source ? new RbacMatcher.DirectRemote(source) : null;
            default:
                return OfRequest(scope, new(principal.Header, principal.UrlPath, principal.Metadata), path, $"{principal.IdentifierCase}");
        }
    }

    private static RbacMatcher.All All(IEnumerable<RbacMatcher?> parts) => new([.. parts.OfType<RbacMatcher>()]);

    private static RbacMatcher.Any Any(IEnumerable<RbacMatcher?> parts) => new([.. parts.OfType<RbacMatcher>()]);

    private static RbacMatcher.Not? Not(RbacMatcher? part) => part is null ? null : new(part);

    // What permissions and principals both may ask of a request.
    private static RbacMatcher? OfRequest(CompileScope scope, RequestRule rule, string path, string kind)
    {
        switch (rule)
        {
            case { Header: { } header }:
                return MatcherCompiler.Headers(scope, [header], path + ".header") is [var compiled] ? new RbacMatcher.Header(compiled) : null;
            case { UrlPath: { } url }:
                return MatcherCompiler.String(scope, url.Path, path + ".url_path.path") is { } text ? new RbacMatcher.Path(text) : null;
            case { Metadata: { } metadata }:
                return MetadataMatcher.Compile(scope, metadata, path + ".metadata") is { } value ? new RbacMatcher.Metadata(value) : null;
            default:
                scope.Refuse(path, $"{kind} is not supported");
                return null;
        }
    }

    private static RbacMatcher.Peer? Peer(CompileScope scope, EnvoyString? name, string path)
    {
        if (name is null)
        {
            return new(null);
        }
        return MatcherCompiler.String(scope, name, path) is { } compiled ? new(compiled) : null;
    }

    private static Cidr? Range(CompileScope scope, CidrRange range, string path)
    {
        if (!IpEndpoint.TryParse(range.AddressPrefix, 0, out IpEndpoint address))
        {
            scope.Refuse(path + ".address_prefix", $"\"{range.AddressPrefix}\" is not an IP address");
            return null;
        }
        return new Cidr(address, (int)(range.PrefixLen ?? 0));
    }

    private readonly record struct RequestRule(EnvoyHeader? Header, PathMatcher? UrlPath, Envoy.Type.Matcher.V3.MetadataMatcher? Metadata);
}
