using System.Text;
using Lateen.Net.Http1;
using Lateen.Net.Tls;
using Lateen.Proxy.Filters;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;
using AlpnFilter = Istio.Envoy.Config.Filter.Http.Alpn.V2alpha1.FilterConfig;
using Lateen.Proxy.Tracing;
using Hcm = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager;

namespace Lateen.Proxy.Compile;

/// <summary>HttpConnectionManager to <see cref="HttpManager"/>.</summary>
internal static class HttpManagerCompiler
{
    public static HttpManager? Compile(CompileScope scope, Hcm manager, string path)
    {
        RouteState? routes = Routes(scope, manager, path);
        HttpFilterFactory[] filters = FilterRegistry.Compile(scope, manager.HttpFilters, path + ".http_filters");
        if (manager.CodecType == Hcm.Types.CodecType.Http3)
        {
            scope.Refuse(path + ".codec_type", "HTTP3 is not supported: use AUTO, HTTP1 or HTTP2");
        }
        if (manager.Http2ProtocolOptions?.ConnectionKeepalive is not null)
        {
            scope.Host.NotYet("http2_protocol_options.connection_keepalive of listeners");
        }
        bool childSpans = RouterOf(scope, manager, path)?.StartChildSpan ?? false;
        if (manager.Tracing is { } tracing && TracingCompiler.Compile(scope, tracing, childSpans, path + ".tracing") is { } traced)
        {
            filters = [new TracingFilter(traced) { Name = "tracing" }, .. filters];
        }
        if (routes is null)
        {
            return null;
        }
        uint kilobytes = manager.MaxRequestHeadersKb ?? 60;
        HeadLimits head = new(
            (int)Math.Clamp(kilobytes, 1, 8192) * 1024, (int)Math.Clamp(manager.CommonHttpProtocolOptions?.MaxHeadersCount ?? 100, 1, 10_000));
        return new HttpManager
        {
            StatPrefix = manager.StatPrefix,
            Stats = scope.Host.StatsOf($"http.{manager.StatPrefix}.", StatNames.Http),
            Routes = routes,
            Filters = filters,
            AccessLogs = AccessLogCompiler.Compile(scope, manager.AccessLog, path + ".access_log"),
            LocalReplies = LocalReplyCompiler.Compile(scope, manager.LocalReplyConfig, path + ".local_reply_config"),
            ServerName = Encoding.ASCII.GetBytes(manager.ServerName.Length > 0 ? manager.ServerName : "envoy"),
            ServerHeader = (ServerHeader)(int)manager.ServerHeaderTransformation,
            HeadLimits = head,
            Codec = manager.CodecType switch
            {
                Hcm.Types.CodecType.Http1 => CodecChoice.Http1,
                Hcm.Types.CodecType.Http2 => CodecChoice.Http2,
                _ => CodecChoice.Auto,
            },
            Http2 = Http2OptionsCompiler.Compile(manager.Http2ProtocolOptions, head),
            UseRemoteAddress = manager.UseRemoteAddress ?? false,
            TrustedHops = manager.XffNumTrustedHops,
            SkipXffAppend = manager.SkipXffAppend,
            GenerateRequestId = manager.GenerateRequestId ?? true,
            PreserveExternalRequestId = manager.PreserveExternalRequestId,
            AlwaysSetRequestIdInResponse = manager.AlwaysSetRequestIdInResponse,
            AcceptHttp10 = manager.HttpProtocolOptions?.AcceptHttp10 ?? false,
            EnableTrailers = manager.HttpProtocolOptions?.EnableTrailers ?? false,
            NormalizePath = manager.NormalizePath ?? false,
            MergeSlashes = manager.MergeSlashes,
            StripHostPort = manager.StripAnyHostPort ? StripHostPort.Any : manager.StripMatchingHostPort ? StripHostPort.Matching : StripHostPort.None,
            EscapedSlashes = manager.PathWithEscapedSlashesAction switch
            {
                Hcm.Types.PathWithEscapedSlashesAction.RejectRequest => EscapedSlashes.Reject,
                Hcm.Types.PathWithEscapedSlashesAction.UnescapeAndRedirect => EscapedSlashes.UnescapeAndRedirect,
                Hcm.Types.PathWithEscapedSlashesAction.UnescapeAndForward => EscapedSlashes.UnescapeAndForward,
                _ => EscapedSlashes.Keep,
            },
            ForwardClientCert = (ForwardClientCert)(int)manager.ForwardClientCertDetails,
            ClientCertDetails = Details(manager.SetCurrentClientCertDetails),
            UpstreamProtocols = UpstreamProtocols(scope, manager, path),
            SuppressEnvoyHeaders = RouterOf(scope, manager, path)?.SuppressEnvoyHeaders ?? false,
            Proxy100Continue = manager.Proxy100Continue,
            Via = Encoding.ASCII.GetBytes(manager.Via),
            UpgradeTypes = [.. manager.UpgradeConfigs.Where(u => u.Enabled ?? true).Select(u => u.UpgradeType.ToLowerInvariant())],
            IdleTimeoutMilliseconds = CompileScope.Milliseconds(manager.CommonHttpProtocolOptions?.IdleTimeout, 3_600_000),
            MaximumConnectionMilliseconds = CompileScope.Milliseconds(manager.CommonHttpProtocolOptions?.MaxConnectionDuration, 0),
            StreamIdleTimeoutMilliseconds = CompileScope.Milliseconds(manager.StreamIdleTimeout, 300_000),
            RequestHeadersTimeoutMilliseconds = CompileScope.Milliseconds(manager.RequestHeadersTimeout, 60_000),
            MaximumStreamMilliseconds = CompileScope.Milliseconds(manager.CommonHttpProtocolOptions?.MaxStreamDuration, 0),
            RequestTimeoutMilliseconds = CompileScope.Milliseconds(manager.RequestTimeout, 0),
        };
    }

    private static ClientCertDetails Details(Hcm.Types.SetCurrentClientCertDetails? set) => set is null ? ClientCertDetails.None
        : (set.Subject ?? false ? ClientCertDetails.Subject : 0) | (set.Cert ? ClientCertDetails.Cert : 0)
            | (set.Chain ? ClientCertDetails.Chain : 0) | (set.Uri ? ClientCertDetails.Uri : 0) | (set.Dns ? ClientCertDetails.Dns : 0);

    private static Dictionary<HttpProtocol, byte[]> UpstreamProtocols(CompileScope scope, Hcm manager, string path)
    {
        Dictionary<HttpProtocol, byte[]> protocols = [];
        foreach (var filter in manager.HttpFilters.Where(f => f.TypedConfig?.TypeUrl.EndsWith(FilterRegistry.AlpnType, StringComparison.Ordinal) == true))
        {
            AlpnFilter config = scope.Unpack(filter.TypedConfig, AlpnFilter.Parser, path + ".http_filters") ?? new AlpnFilter();
            foreach (AlpnFilter.Types.AlpnOverride rule in config.AlpnOverride)
            {
                HttpProtocol protocol = rule.UpstreamProtocol switch
                {
                    AlpnFilter.Types.Protocol.Http10 => HttpProtocol.Http10,
                    AlpnFilter.Types.Protocol.Http11 => HttpProtocol.Http11,
                    _ => HttpProtocol.Http2,
                };
                if (Alpn.Encode([.. rule.AlpnOverride_]) is { Length: > 0 } wire)
                {
                    protocols[protocol] = wire;
                }
            }
        }
        return protocols;
    }

    private static RouteState? Routes(CompileScope scope, Hcm manager, string path)
    {
        switch (manager.RouteSpecifierCase)
        {
            case Hcm.RouteSpecifierOneofCase.Rds:
                return scope.Host.RouteOf(manager.Rds.RouteConfigName);
            case Hcm.RouteSpecifierOneofCase.RouteConfig:
                RouteTable? table = RouteCompiler.Compile(scope, manager.RouteConfig, received: null, path + ".route_config.");
                return table is null ? null : new RouteState(manager.RouteConfig.Name) { Table = table };
            default:
                scope.Refuse(path, $"route_specifier {manager.RouteSpecifierCase} is not supported: use rds or route_config");
                return null;
        }
    }

    private static Envoy.Extensions.Filters.Http.Router.V3.Router? RouterOf(CompileScope scope, Hcm manager, string path) =>
        manager.HttpFilters.LastOrDefault()?.TypedConfig is { } config && config.TypeUrl.EndsWith(".Router", StringComparison.Ordinal)
            ? scope.Unpack(config, Envoy.Extensions.Filters.Http.Router.V3.Router.Parser, path + ".http_filters")
            : null;
}
