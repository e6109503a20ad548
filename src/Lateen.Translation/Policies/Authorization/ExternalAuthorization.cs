using System.Globalization;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.ExtAuthz.V3;
using Envoy.Type.Matcher.V3;
using Envoy.Type.V3;
using Lateen.Model.Mesh;
using HttpService = Envoy.Extensions.Filters.Http.ExtAuthz.V3.HttpService;
using NetworkExtAuthz = Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthz;

namespace Lateen.Translation.Policies.Authorization;

/// <summary>The filters that ask an extension provider (action CUSTOM).</summary>
/// <param name="Http">For requests.</param>
/// <param name="Network">For connections; null for a provider that speaks HTTP, which judges requests only.</param>
internal sealed record ExternalAuthorization(ExtAuthz Http, NetworkExtAuthz? Network)
{
    private const string HttpRbac = "envoy.filters.http.rbac";
    private const string NetworkRbac = "envoy.filters.network.rbac";

    /// <summary>Under it the RBAC filter before tells which rule matched.</summary>
    public const string ShadowPrefix = "istio_ext_authz_";

    /// <summary>Envoy needs a time-out; a provider that names none is waited for this long.</summary>
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(600);

    /// <summary>The filters of the one provider that the policies name; null and the reason where that is not possible.</summary>
    public static (ExternalAuthorization? Filters, string Problem) Find(ProxyContext context, IReadOnlyCollection<string> names)
    {
        if (names.Distinct().Skip(1).Any())
        {
            return (null, $"only one provider can be used per workload, found {string.Join(", ", names.Distinct())}");
        }

        var name = names.First();
        var found = context.Mesh.ExtensionProviders.OfType<ExtAuthzProvider>().Where(p => p.Name == name).ToList();
        if (found.Count != 1)
        {
            var known = string.Join(", ", context.Mesh.ExtensionProviders.OfType<ExtAuthzProvider>().Select(p => p.Name));
            return (null, found.Count == 0 ? $"meshConfig.extensionProviders has no ext_authz provider {name}; it has {(known.Length == 0 ? "none" : known)}" : $"meshConfig.extensionProviders has several providers {name}");
        }

        return Problem(context, found[0]) is { } problem ? (null, problem) : (Build(context, found[0]), "");
    }

    /// <summary>What is wrong with a provider; null when nothing is.</summary>
    private static string? Problem(ProxyContext context, ExtAuthzProvider provider)
    {
        string Of(string field) => $"extension provider {provider.Name}: {field}";
        if (provider.Port is < 1 or > ushort.MaxValue)
        {
            return Of($"port {provider.Port} is not in 1 to 65535");
        }

        if (ServiceClusters.Find(context, provider.Service, provider.Port) is null)
        {
            return Of($"service {provider.Service} is not known");
        }

        if (provider.StatusOnError.Length > 0 && Status(provider.StatusOnError) is null)
        {
            return Of($"statusOnError \"{provider.StatusOnError}\" is no HTTP status");
        }

        if (provider is not ExtAuthzHttpProvider http)
        {
            return null;
        }

        if (http.PathPrefix.Length > 0 && http.PathPrefix[0] != '/')
        {
            return Of($"pathPrefix \"{http.PathPrefix}\" does not begin with /");
        }

        return http.IncludeRequestHeadersInCheck.Concat(http.IncludeHeadersInCheck).Concat(http.HeadersToUpstreamOnAllow)
            .Concat(http.HeadersToDownstreamOnAllow).Concat(http.HeadersToDownstreamOnDeny).Contains("*")
            ? Of("a header \"*\" is not possible; write a prefix or a suffix")
            : null;
    }

    private static ExternalAuthorization Build(ProxyContext context, ExtAuthzProvider provider)
    {
        var (host, cluster) = ServiceClusters.Find(context, provider.Service, provider.Port)!.Value;
        var http = new ExtAuthz
        {
            StatusOnError = provider.StatusOnError.Length == 0 ? null : Status(provider.StatusOnError),
            FailureModeAllow = provider.FailOpen,
            TransportApiVersion = ApiVersion.V3,
            FilterEnabledMetadata = OnMatch(HttpRbac),
            WithRequestBody = provider.IncludeRequestBodyInCheck is { } body
                ? new() { MaxRequestBytes = body.MaxRequestBytes, AllowPartialMessage = body.AllowPartialMessage, PackAsBytes = body.PackAsBytes }
                : null,
        };
        if (provider is ExtAuthzHttpProvider overHttp)
        {
            http.HttpService = Service(overHttp, host, cluster);
            return new(http, null);
        }

        var grpc = new GrpcService
        {
            // The cluster's name holds characters that an authority may not.
            EnvoyGrpc = new() { ClusterName = cluster, Authority = cluster.Replace("|", "_.", StringComparison.Ordinal) },
            Timeout = (provider.Timeout ?? DefaultTimeout).ToDuration(),
        };
        http.GrpcService = grpc;
        return new(http, new()
        {
            StatPrefix = AuthorizationFilters.TcpStatPrefix,
            FailureModeAllow = provider.FailOpen,
            TransportApiVersion = ApiVersion.V3,
            GrpcService = grpc.Clone(),
            FilterEnabledMetadata = OnMatch(NetworkRbac),
        });
    }

    private static HttpService Service(ExtAuthzHttpProvider provider, string host, string cluster)
    {
        var service = new HttpService
        {
            PathPrefix = provider.PathPrefix,
            ServerUri = new() { Timeout = (provider.Timeout ?? DefaultTimeout).ToDuration(), Uri = $"http://{host}", Cluster = cluster },
        };
        var allowed = Headers(provider.IncludeRequestHeadersInCheck) ?? Headers(provider.IncludeHeadersInCheck);
        if (allowed is not null || provider.IncludeAdditionalHeadersInCheck.Count > 0)
        {
            service.AuthorizationRequest = new() { AllowedHeaders = allowed };
            service.AuthorizationRequest.HeadersToAdd.AddRange(provider.IncludeAdditionalHeadersInCheck
                .OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => new HeaderValue { Key = h.Key, Value = h.Value }));
        }

        if (!provider.HeadersToUpstreamOnAllow.IsEmpty || !provider.HeadersToDownstreamOnDeny.IsEmpty || !provider.HeadersToDownstreamOnAllow.IsEmpty)
        {
            service.AuthorizationResponse = new()
            {
                AllowedUpstreamHeaders = Headers(provider.HeadersToUpstreamOnAllow),
                AllowedClientHeaders = Headers(provider.HeadersToDownstreamOnDeny),
                AllowedClientHeadersOnSuccess = Headers(provider.HeadersToDownstreamOnAllow),
            };
        }

        return service;
    }

    private static ListStringMatcher? Headers(IEnumerable<string> names)
    {
        var patterns = names.Select(name =>
        {
            var matcher = ValueMatchers.Text(name);
            matcher.IgnoreCase = true;
            return matcher;
        }).ToList();
        return patterns.Count == 0 ? null : new ListStringMatcher { Patterns = { patterns } };
    }

    private static HttpStatus? Status(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Enum.IsDefined((StatusCode)code)
            ? new() { Code = (StatusCode)code }
            : null;

    /// <summary>The filter acts where the RBAC filter before it found that a CUSTOM rule matches.</summary>
    private static MetadataMatcher OnMatch(string filter) => new()
    {
        Filter = filter,
        Path = { new MetadataMatcher.Types.PathSegment { Key = ShadowPrefix + "shadow_effective_policy_id" } },
        Value = new() { StringMatch = new() { Prefix = RbacRules.CustomPrefix } },
    };
}
