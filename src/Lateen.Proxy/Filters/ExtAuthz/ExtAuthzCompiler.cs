using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Type.Matcher.V3;
using Lateen.Net.Http1;
using Lateen.Proxy.Compile;
using HttpService = Envoy.Extensions.Filters.Http.ExtAuthz.V3.HttpService;
using MetadataMatcher = Lateen.Proxy.Filters.Metadata.MetadataMatcher;
using StringMatcher = Lateen.Proxy.Routing.StringMatcher;

namespace Lateen.Proxy.Filters.ExtAuthz;

/// <summary>envoy.extensions.filters.http.ext_authz.v3 to <see cref="ExtAuthzConfig"/>. What guards access is either done or refused.</summary>
internal static class ExtAuthzCompiler
{
    private const int LargestBody = 16 * 1024 * 1024;
    private const long DefaultTimeoutMilliseconds = 200;

    public static ExtAuthzConfig? Compile(CompileScope scope, Envoy.Extensions.Filters.Http.ExtAuthz.V3.ExtAuthz? filter, string path)
    {
        if (filter is null)
        {
            return null;
        }
        AuthorizationService? service = null;
        if (filter.GrpcService is not null)
        {
            service = Grpc(scope, filter.GrpcService, path + ".grpc_service");
        }
        else if (filter.HttpService is not null)
        {
            service = Http(scope, filter.HttpService, filter.AllowedHeaders, path);
        }
        else
        {
            scope.Refuse(path, "grpc_service or http_service must be set");
        }
        if (filter.TypedMetadataContextNamespaces.Count + filter.RouteMetadataContextNamespaces.Count + filter.RouteTypedMetadataContextNamespaces.Count > 0)
        {
            scope.Refuse(path, "typed and route metadata contexts are not supported: use metadata_context_namespaces");
        }
        if (filter.DecoderHeaderMutationRules is not null || filter.EncodeRawHeaders)
        {
            scope.Refuse(path, "decoder_header_mutation_rules and encode_raw_headers are not supported: remove them");
        }
        MetadataMatcher? enabled = filter.FilterEnabledMetadata is null ? null
            : MetadataMatcher.Compile(scope, filter.FilterEnabledMetadata, path + ".filter_enabled_metadata");
        StringMatcher[] allowed = Matchers(scope, filter.AllowedHeaders, path + ".allowed_headers");
        StringMatcher[] disallowed = Matchers(scope, filter.DisallowedHeaders, path + ".disallowed_headers");
        BodyBuffer? body = Buffer(scope, filter.WithRequestBody, path + ".with_request_body");
        int status = (int)(filter.StatusOnError?.Code ?? 0);
        return service is null ? null : new ExtAuthzConfig
        {
            Service = service,
            AllowsOnFailure = filter.FailureModeAllow,
            TellsOfFailure = filter.FailureModeAllowHeaderAdd,
            StatusOnError = status == 0 ? 403 : status,
            WithBody = body,
            ClearsRouteCache = filter.ClearRouteCache,
            Enabled = filter.FilterEnabled is null ? (100, 100) : RouteCompiler.Fraction(filter.FilterEnabled.DefaultValue),
            EnabledMetadata = enabled,
            DeniesWhenDisabled = filter.DenyAtDisable?.DefaultValue ?? false,
            IncludesPeerCertificate = filter.IncludePeerCertificate,
            IncludesTlsSession = filter.IncludeTlsSession,
            MetadataNamespaces = [.. filter.MetadataContextNamespaces],
            AllowedFields = allowed,
            DisallowedFields = disallowed,
        };
    }

    public static ExtAuthzRoute? CompileForRoute(CompileScope scope, ExtAuthzPerRoute? route, string path) => route is null ? null : new ExtAuthzRoute(
        route.OverrideCase == ExtAuthzPerRoute.OverrideOneofCase.Disabled && route.Disabled,
        route.CheckSettings?.DisableRequestBodyBuffering ?? false,
        Buffer(scope, route.CheckSettings?.WithRequestBody, path + ".check_settings.with_request_body"),
        route.CheckSettings?.ContextExtensions ?? new Dictionary<string, string>() as IReadOnlyDictionary<string, string>);

    /// <summary>A gRPC service; only clusters of this proxy can be one.</summary>
    public static GrpcAuthorization? Grpc(CompileScope scope, GrpcService? service, string path)
    {
        if (service?.EnvoyGrpc is not { ClusterName.Length: > 0 } grpc)
        {
            scope.Refuse(path, "envoy_grpc.cluster_name must be set: other gRPC clients are not supported");
            return null;
        }
        List<(byte[], byte[])> metadata = [];
        foreach (HeaderValue value in service.InitialMetadata)
        {
            metadata.Add((Encoding.ASCII.GetBytes(value.Key.ToLowerInvariant()), Encoding.UTF8.GetBytes(value.Value)));
        }
        return new GrpcAuthorization(
            scope.Host.ClusterOf(grpc.ClusterName), CompileScope.Milliseconds(service.Timeout, DefaultTimeoutMilliseconds),
            grpc.Authority.Length > 0 ? grpc.Authority : grpc.ClusterName, [.. metadata]);
    }

    private static HttpAuthorization? Http(CompileScope scope, HttpService service, ListStringMatcher? allowedOfFilter, string path)
    {
        string at = path + ".http_service";
        if (service.ServerUri is not { Cluster.Length: > 0 } uri)
        {
            scope.Refuse(at + ".server_uri.cluster", "must be set");
            return null;
        }
        AuthorizationRequest request = service.AuthorizationRequest ?? new AuthorizationRequest();
        AuthorizationResponse response = service.AuthorizationResponse ?? new AuthorizationResponse();
        if (response.DynamicMetadataFromHeaders is not null)
        {
            scope.Refuse(at + ".authorization_response.dynamic_metadata_from_headers", "is not supported: remove it");
        }
        foreach (HeaderValue added in request.HeadersToAdd.Where(h => !HttpSyntax.IsToken(Encoding.ASCII.GetBytes(h.Key))))
        {
            scope.Refuse(at + ".authorization_request.headers_to_add", $"\"{added.Key}\" is not a header name");
        }
        string answers = at + ".authorization_response";
        return new HttpAuthorization(scope.Host.ClusterOf(uri.Cluster), CompileScope.Milliseconds(uri.Timeout, DefaultTimeoutMilliseconds))
        {
            PathPrefix = Encoding.ASCII.GetBytes(service.PathPrefix),
            SentFields =
            [
                .. Matchers(scope, request.AllowedHeaders, at + ".authorization_request.allowed_headers"),
                .. Matchers(scope, allowedOfFilter, path + ".allowed_headers"),
            ],
            AddedFields = [.. request.HeadersToAdd.Select(h => (Encoding.ASCII.GetBytes(h.Key.ToLowerInvariant()), Encoding.UTF8.GetBytes(h.Value)))],
            ToUpstream = Matchers(scope, response.AllowedUpstreamHeaders, answers + ".allowed_upstream_headers"),
            ToUpstreamAppended = Matchers(scope, response.AllowedUpstreamHeadersToAppend, answers + ".allowed_upstream_headers_to_append"),
            ToClientOnAllow = Matchers(scope, response.AllowedClientHeadersOnSuccess, answers + ".allowed_client_headers_on_success"),
            ToClientOnDeny = Matchers(scope, response.AllowedClientHeaders, answers + ".allowed_client_headers"),
        };
    }

    private static BodyBuffer? Buffer(CompileScope scope, BufferSettings? settings, string path)
    {
        if (settings is null)
        {
            return null;
        }
        if (settings.MaxRequestBytes is 0 or > LargestBody)
        {
            scope.Refuse(path + ".max_request_bytes", $"{settings.MaxRequestBytes} must be 1 to {LargestBody}");
            return null;
        }
        return new BodyBuffer((int)settings.MaxRequestBytes, settings.AllowPartialMessage, settings.PackAsBytes);
    }

    private static StringMatcher[] Matchers(CompileScope scope, ListStringMatcher? list, string path) =>
        [.. (list?.Patterns ?? []).Select((p, i) => MatcherCompiler.String(scope, p, $"{path}.patterns[{i}]")).OfType<StringMatcher>()];
}
