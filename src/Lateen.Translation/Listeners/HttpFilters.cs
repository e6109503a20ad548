using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Envoy.Extensions.Filters.Http.GrpcWeb.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Lateen.Model.Extensions;
using Lateen.Translation.Extensions;
using Lateen.Translation.Policies.Authentication;
using Lateen.Translation.Telemetries;
using Io.Istio.Http.PeerMetadata;
using AlpnConfig = Istio.Envoy.Config.Filter.Http.Alpn.V2alpha1.FilterConfig;

namespace Lateen.Translation.Listeners;

/// <summary>The HTTP filters of a connection manager, in Istio's order.</summary>
internal static class HttpFilters
{
    public static IEnumerable<HttpFilter> Build(ProxyContext context, HttpManagerOptions options)
    {
        var inbound = options.Direction == TrafficDirection.Inbound;
        WasmPlugins.Report(context, ListenerClasses.Of(context, options.Direction), options.Port, PluginType.Http);
        yield return Filter("istio.metadata_exchange", PeerMetadata(inbound && !options.IsGateway));
        var isPoliced = inbound || options.IsGateway;
        if (isPoliced)
        {
            foreach (var filter in Policies(context))
            {
                yield return filter;
            }
        }

        if (options.AddsGrpcWeb)
        {
            yield return Filter("envoy.filters.http.grpc_web", new GrpcWeb());
        }

        yield return Filter("envoy.filters.http.grpc_stats", new FilterConfig { EmitFilterState = true, StatsForAllMethods = false });
        if (!inbound || options.IsGateway)
        {
            if (context.Settings.AlpnFilter)
            {
                yield return Filter("istio.alpn", Alpn());
            }
        }

        yield return Filter("envoy.filters.http.fault", new HTTPFault());
        yield return Filter("envoy.filters.http.cors", new Cors());
        var kind = ListenerClasses.Of(context, options.Direction);
        foreach (var filter in TelemetryFilters.Http(context, kind))
        {
            yield return filter;
        }

        yield return Filter("envoy.filters.http.router", new Router
        {
            SuppressEnvoyHeaders = context.ProxyConfig.ProxyHeaders?.EnvoyDebugHeadersDisabled == true,
        });
    }

    /// <summary>Who calls and whether it may: an external judge first, then tokens, then the mesh's own rules.</summary>
    private static IEnumerable<HttpFilter> Policies(ProxyContext context) =>
        [.. context.Authorization.CustomHttp(), .. AuthenticationFilters.Build(context), .. context.Authorization.LocalHttp()];

    private static HttpFilter Filter(string name, IMessage config) => new() { Name = name, TypedConfig = config.Pack() };

    /// <summary>Peers tell each other what they are by headers; who sends none is looked up by address.</summary>
    private static Config PeerMetadata(bool inbound)
    {
        var config = new Config();
        Config.Types.DiscoveryMethod[] discovery =
        [
            new() { IstioHeaders = new() },
            new() { WorkloadDiscovery = new() },
        ];
        var propagation = new Config.Types.PropagationMethod { IstioHeaders = new() };
        if (inbound)
        {
            config.DownstreamDiscovery.AddRange(discovery);
            config.DownstreamPropagation.Add(propagation);
        }
        else
        {
            config.UpstreamDiscovery.AddRange(discovery);
            config.UpstreamPropagation.Add(propagation);
        }

        return config;
    }

    /// <summary>The ALPN that mutual TLS connections offer, by the upstream's protocol.</summary>
    private static AlpnConfig Alpn() => new()
    {
        AlpnOverride =
        {
            Override(AlpnConfig.Types.Protocol.Http10, "istio-http/1.0", "istio", "http/1.0"),
            Override(AlpnConfig.Types.Protocol.Http11, "istio-http/1.1", "istio", "http/1.1"),
            Override(AlpnConfig.Types.Protocol.Http2, "istio-h2", "istio", "h2"),
        },
    };

    private static AlpnConfig.Types.AlpnOverride Override(
        AlpnConfig.Types.Protocol protocol, params string[] names)
    {
        var result = new AlpnConfig.Types.AlpnOverride { UpstreamProtocol = protocol };
        result.AlpnOverride_.AddRange(names);
        return result;
    }
}
