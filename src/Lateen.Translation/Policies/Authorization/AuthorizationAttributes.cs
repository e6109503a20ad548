using Envoy.Config.Rbac.V3;
using Envoy.Type.Matcher.V3;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>The attributes that Istio's policies know, by the key of a condition and by the field of a rule.</summary>
/// <remarks>Istio, "Authorization Policy Conditions".</remarks>
internal static class AuthorizationAttributes
{
    private const string AuthnFilter = "istio_authn";
    private const string PeerPrincipal = "io.istio.peer_principal";
    private const string Identity = "spiffe://";
    private const string HeaderKey = "request.headers";
    private const string ClaimsKey = "request.auth.claims";
    private const string EnvoyKey = "experimental.envoy.filters.";

    public const string SourcePrincipalKey = "source.principal";

    public static AuthorizationAttribute Hosts { get; } = OfCall(":authority", true, v => new() { Header = ValueMatchers.Host(":authority", v) });

    public static AuthorizationAttribute Methods { get; } = OfCall(":method", true, v => new() { Header = ValueMatchers.Header(":method", v) });

    public static AuthorizationAttribute Paths { get; } = OfCall("path", true, v => new() { UrlPath = ValueMatchers.Path(v) });

    public static AuthorizationAttribute DestinationPort { get; } = OfCall(
        "destination.port", false, v => ValueMatchers.Port(v) is { } port ? new() { DestinationPort = (uint)port } : null);

    public static AuthorizationAttribute SourceIp { get; } = OfCaller(
        "source.ip", false, v => ValueMatchers.Range(v) is { } range ? new() { DirectRemoteIp = range } : null);

    public static AuthorizationAttribute RemoteIp { get; } = OfCaller(
        "remote.ip", false, v => ValueMatchers.Range(v) is { } range ? new() { RemoteIp = range } : null);

    public static AuthorizationAttribute SourceNamespace { get; } = OfCaller(
        "source.namespace",
        false,
        v => Peer(ValueMatchers.Regex($".*/ns/{v.Replace("*", ".*", StringComparison.Ordinal)}/.*")));

    public static AuthorizationAttribute SourcePrincipal { get; } = OfCaller(SourcePrincipalKey, false, v => Peer(ValueMatchers.Text(v, Identity)));

    public static AuthorizationAttribute RequestPrincipal { get; } = OfToken("request.auth.principal");

    private static AuthorizationAttribute DestinationIp { get; } = OfCall(
        "destination.ip", false, v => ValueMatchers.Range(v) is { } range ? new() { DestinationIp = range } : null);

    private static AuthorizationAttribute Sni { get; } = OfCall("connection.sni", false, v => new() { RequestedServerName = ValueMatchers.Text(v) });

    private static AuthorizationAttribute Audiences { get; } = OfToken("request.auth.audiences");

    private static AuthorizationAttribute Presenter { get; } = OfToken("request.auth.presenter");

    /// <summary>The attribute behind the key of a condition; null for a key that there is not.</summary>
    public static AuthorizationAttribute? Find(string key) => key switch
    {
        "destination.ip" => DestinationIp,
        "destination.port" => DestinationPort,
        "connection.sni" => Sni,
        "source.ip" => SourceIp,
        "remote.ip" => RemoteIp,
        "source.namespace" => SourceNamespace,
        SourcePrincipalKey => SourcePrincipal,
        "request.auth.principal" => RequestPrincipal,
        "request.auth.audiences" => Audiences,
        "request.auth.presenter" => Presenter,
        _ when key.StartsWith(HeaderKey, StringComparison.Ordinal) => Names(key[HeaderKey.Length..]) is [var name] ? OfHeader(key, name) : null,
        _ when key.StartsWith(ClaimsKey, StringComparison.Ordinal) => Names(key[ClaimsKey.Length..]) is { Count: > 0 } path ? OfClaim(key, path) : null,
        _ when key.StartsWith(EnvoyKey, StringComparison.Ordinal) => OfMetadata(key),
        _ => null,
    };

    /// <summary>The names of `[a][b]`; empty when the text has another form.</summary>
    private static List<string> Names(string text)
    {
        var names = new List<string>();
        while (text.Length > 0)
        {
            var end = text.IndexOf(']', StringComparison.Ordinal);
            if (text[0] != '[' || end <= 1)
            {
                return [];
            }

            names.Add(text[1..end]);
            text = text[(end + 1)..];
        }

        return names;
    }

    private static AuthorizationAttribute OfHeader(string key, string name) =>
        OfCaller(key, true, v => new() { Header = ValueMatchers.Header(name, v) });

    /// <summary>Claims are kept as lists of text, one level of names inside the other.</summary>
    private static AuthorizationAttribute OfClaim(string key, List<string> path) => OfCaller(key, true, v =>
    {
        var matcher = new MetadataMatcher { Filter = AuthnFilter, Path = { Segment(ClaimsKey) } };
        matcher.Path.AddRange(path.Select(Segment));
        matcher.Value = new() { ListMatch = new() { OneOf = new() { StringMatch = ValueMatchers.Text(v) } } };
        return new() { Metadata = matcher };
    });

    /// <summary>`experimental.envoy.filters.a.b[c]`: what a filter left in the metadata, for instance of a protocol parser.</summary>
    private static AuthorizationAttribute? OfMetadata(string key)
    {
        var open = key.IndexOf('[', StringComparison.Ordinal);
        if (open < 0 || Names(key[open..]) is not [var name])
        {
            return null;
        }

        var filter = key["experimental.".Length..open];
        return OfCall(key, false, v =>
        {
            // `[value]` compares a member of a list.
            var isList = v.StartsWith('[') && v.EndsWith(']');
            var text = ValueMatchers.Text(isList ? v[1..^1] : v);
            return new()
            {
                Metadata = new()
                {
                    Filter = filter,
                    Path = { Segment(name) },
                    Value = isList ? new() { ListMatch = new() { OneOf = new() { StringMatch = text } } } : new() { StringMatch = text },
                },
            };
        });
    }

    private static AuthorizationAttribute OfToken(string key) => OfCaller(key, true, v => new()
    {
        Metadata = new() { Filter = AuthnFilter, Path = { Segment(key) }, Value = new() { StringMatch = ValueMatchers.Text(v) } },
    });

    private static Principal Peer(StringMatcher matcher) => new() { FilterState = new() { Key = PeerPrincipal, StringMatch = matcher } };

    private static MetadataMatcher.Types.PathSegment Segment(string key) => new() { Key = key };

    private static AuthorizationAttribute OfCall(string key, bool isHttpOnly, Func<string, Permission?> permission) =>
        new(key, isHttpOnly, permission, null);

    private static AuthorizationAttribute OfCaller(string key, bool isHttpOnly, Func<string, Principal?> principal) =>
        new(key, isHttpOnly, null, principal);
}
