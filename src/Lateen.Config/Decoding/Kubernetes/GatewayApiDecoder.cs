using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Model;
using Lateen.Model.KubernetesGateways;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Kubernetes;

/// <summary>Reads the kinds of gateway.networking.k8s.io (v1beta1 and v1alpha2); tolerant, because their schema has checked them.</summary>
public static class GatewayApiDecoder
{
    public static GatewayClass ReadClass(JsonObject value) =>
        new(value.Name(), value.Text("spec", "controllerName"), value.Number("metadata", "generation") ?? 0);

    public static KubernetesGateway ReadGateway(JsonObject value) => new()
    {
        Meta = Meta(value, "Gateway"),
        ClassName = value.Text("spec", "gatewayClassName"),
        Addresses = value.Items("spec", "addresses").Select(address => new GatewayAddress(Optional(address, "type"), address.Text("value"))).ToEquatableArray(),
        Listeners = value.Items("spec", "listeners").Select(ReadListener).ToEquatableArray(),
    };

    /// <param name="kind">HTTPRoute, TCPRoute or TLSRoute.</param>
    public static KubernetesRoute ReadRoute(JsonObject value, string kind) => new()
    {
        Meta = Meta(value, kind),
        Parents = value.Items("spec", "parentRefs").Select(ReadParent).ToEquatableArray(),
        Hostnames = value.At("spec").Texts("hostnames").ToEquatableArray(),
        Rules = value.Items("spec", "rules").Select(ReadRule).ToEquatableArray(),
    };

    public static ReferenceGrant ReadGrant(JsonObject value) => new(
        Meta(value, "ReferenceGrant"),
        value.Items("spec", "from").Select(from => new GrantedFrom(from.Text("group"), from.Text("kind"), from.Text("namespace"))).ToEquatableArray(),
        value.Items("spec", "to").Select(to => new GrantedTo(to.Text("group"), to.Text("kind"), Optional(to, "name"))).ToEquatableArray());

    // Without the resource version: a status that was written changes nothing.
    private static ConfigMeta Meta(JsonObject value, string kind) => new()
    {
        Kind = kind,
        Group = GatewayNames.Group,
        Name = value.Name(),
        Namespace = value.Namespace(),
        Labels = value.Pairs("metadata", "labels").ToEquatableMap(),
        Annotations = value.Pairs("metadata", "annotations").ToEquatableMap(),
        CreationTimestamp = Timestamps.Creation(value),
        Generation = value.Number("metadata", "generation") ?? 0,
    };

    private static GatewayListener ReadListener(JsonObject listener)
    {
        var namespaces = listener.At("allowedRoutes", "namespaces");
        return new GatewayListener
        {
            Name = listener.Text("name"),
            Hostname = Optional(listener, "hostname"),
            Port = (int)(listener.Number("port") ?? 0),
            Protocol = listener.Text("protocol"),
            Tls = listener["tls"] is JsonObject tls ? ReadTls(tls) : null,
            From = namespaces.Text("from") switch
            {
                "All" => RouteNamespaces.All,
                "Selector" => RouteNamespaces.Selector,
                _ => RouteNamespaces.Same,
            },
            Selector = namespaces.At("selector") is JsonObject selector ? ReadSelector(selector) : null,
            Kinds = listener.Items("allowedRoutes", "kinds").Select(kind => new RouteKind(Optional(kind, "group") ?? GatewayNames.Group, kind.Text("kind"))).ToEquatableArray(),
        };
    }

    private static LabelSelector ReadSelector(JsonObject selector) => new(
        selector.Pairs("matchLabels").ToEquatableMap(),
        selector.Items("matchExpressions").Select(rule => new LabelRequirement(rule.Text("key"), rule.Text("operator"), rule.Texts("values").ToEquatableArray())).ToEquatableArray());

    private static ListenerTls ReadTls(JsonObject tls) => new(
        tls.Text("mode") == "Passthrough", tls.Items("certificateRefs").Select(ReadReference).ToEquatableArray(), tls.Pairs("options").ToEquatableMap());

    private static ObjectReference ReadReference(JsonObject reference) =>
        new(Optional(reference, "group"), Optional(reference, "kind"), reference.Text("name"), Optional(reference, "namespace"));

    private static ParentReference ReadParent(JsonObject parent) => new(
        Optional(parent, "group"), Optional(parent, "kind"), parent.Text("name"), Optional(parent, "namespace"), Optional(parent, "sectionName"), (int?)parent.Number("port"));

    private static BackendReference ReadBackend(JsonObject backend) => new(
        ReadReference(backend), (int?)backend.Number("port"), (int)(backend.Number("weight") ?? 1), backend.Items("filters").Select(ReadFilter).ToEquatableArray());

    private static RouteRule ReadRule(JsonObject rule) => new()
    {
        Matches = rule.Items("matches").Select(ReadMatch).ToEquatableArray(),
        Filters = rule.Items("filters").Select(ReadFilter).ToEquatableArray(),
        Backends = rule.Items("backendRefs").Select(ReadBackend).ToEquatableArray(),
        Timeout = Duration(rule.Text("timeouts", "request")),
        BackendTimeout = Duration(rule.Text("timeouts", "backendRequest")),
    };

    private static TimeSpan? Duration(string text) => DurationText.TryParse(text, out var value) && value > TimeSpan.Zero ? value : null;

    private static HttpMatch ReadMatch(JsonObject match) => new()
    {
        Uri = match["path"] is JsonObject path ? ReadPath(path) : null,
        Method = Optional(match, "method") is { } method ? StringMatch.Exact(method) : null,
        Headers = ReadMatches(match.Items("headers"), name => name.ToLowerInvariant()),
        QueryParams = ReadMatches(match.Items("queryParams"), name => name),
    };

    private static StringMatch ReadPath(JsonObject path)
    {
        var value = Optional(path, "value") ?? "/";
        return path.Text("type") switch
        {
            "Exact" => StringMatch.Exact(value),
            "RegularExpression" => StringMatch.Regex(value),

            // Gateway API, PathMatchPathPrefix: a slash at the end is ignored.
            _ => StringMatch.Prefix(value.Length > 1 && value.EndsWith('/') ? value[..^1] : value),
        };
    }

    // Gateway API, HTTPHeaderMatch.name: of equal names the first counts.
    private static EquatableMap<string, StringMatch> ReadMatches(IEnumerable<JsonObject> items, Func<string, string> normal) => items
        .Select(item => KeyValuePair.Create(
            normal(item.Text("name")), item.Text("type") == "RegularExpression" ? StringMatch.Regex(item.Text("value")) : StringMatch.Exact(item.Text("value"))))
        .DistinctBy(entry => entry.Key)
        .ToEquatableMap();

    private static RouteFilter ReadFilter(JsonObject filter) => filter.Text("type") switch
    {
        "RequestHeaderModifier" => new("RequestHeaderModifier") { Headers = ReadHeaders(filter["requestHeaderModifier"]) },
        "ResponseHeaderModifier" => new("ResponseHeaderModifier") { Headers = ReadHeaders(filter["responseHeaderModifier"]) },
        "RequestRedirect" => new("RequestRedirect") { Redirect = ReadRedirect(filter["requestRedirect"]) },
        "URLRewrite" => new("URLRewrite") { Rewrite = ReadRewrite(filter["urlRewrite"]) },
        "RequestMirror" => new("RequestMirror") { Mirror = filter.At("requestMirror", "backendRef") is JsonObject backend ? ReadBackend(backend) : null },
        var other => new(other),
    };

    private static HeaderOperations ReadHeaders(JsonNode? headers) => new()
    {
        Set = ReadHeaderMap(headers.Items("set")),
        Add = ReadHeaderMap(headers.Items("add")),
        Remove = headers.Texts("remove").ToEquatableArray(),
    };

    private static EquatableMap<string, string> ReadHeaderMap(IEnumerable<JsonObject> headers) =>
        headers.Select(header => KeyValuePair.Create(header.Text("name"), header.Text("value"))).DistinctBy(entry => entry.Key).ToEquatableMap();

    private static HttpRedirect ReadRedirect(JsonNode? redirect)
    {
        var scheme = redirect.Text("scheme");
        var port = (int?)redirect.Number("port");
        return new HttpRedirect
        {
            Uri = redirect.Text("path", "type") switch
            {
                "ReplaceFullPath" => redirect.Text("path", "replaceFullPath"),
                "ReplacePrefixMatch" => "%PREFIX()%" + redirect.Text("path", "replacePrefixMatch"),
                _ => "",
            },
            Authority = redirect.Text("hostname"),
            Scheme = scheme,
            Port = port,

            // Gateway API, HTTPRequestRedirectFilter.port: without one the scheme's, without a scheme the listener's.
            DerivePort = port is not null ? null : scheme.Length > 0 ? RedirectPortSelection.FromProtocolDefault : RedirectPortSelection.FromRequestPort,
            RedirectCode = (int)(redirect.Number("statusCode") ?? 0),
        };
    }

    private static HttpRewrite? ReadRewrite(JsonNode? rewrite)
    {
        (string Uri, RegexRewrite? Regex) path = rewrite.Text("path", "type") switch
        {
            // "/" takes the prefix away.
            "ReplacePrefixMatch" => (rewrite.Text("path", "replacePrefixMatch").TrimEnd('/') is { Length: > 0 } prefix ? prefix : "/", null),
            "ReplaceFullPath" => ("", new RegexRewrite("/.*", rewrite.Text("path", "replaceFullPath"))),
            _ => ("", null),
        };
        var result = new HttpRewrite(path.Uri, rewrite.Text("hostname"), path.Regex);
        return result == new HttpRewrite() ? null : result;
    }

    private static string? Optional(JsonObject value, string field) => value[field] is JsonValue ? value.Text(field) : null;
}
