using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Model.Mesh;
using Direction = Envoy.Config.Core.V3.TrafficDirection;

namespace Lateen.Translation.Listeners;

/// <summary>Builds HTTP connection managers.</summary>
internal static class HttpManagers
{
    public const string Name = "envoy.filters.network.http_connection_manager";

    public static Filter Build(ProxyContext context, HttpManagerOptions options)
    {
        var manager = new HttpConnectionManager
        {
            CodecType = HttpConnectionManager.Types.CodecType.Auto,
            StatPrefix = options.StatPrefix,
            UseRemoteAddress = options.UseRemoteAddress,
            StreamIdleTimeout = new Duration(),
            UpgradeConfigs = { new HttpConnectionManager.Types.UpgradeConfig { UpgradeType = "websocket" } },
        };
        if (options.Inline is { } inline)
        {
            manager.RouteConfig = inline;
        }
        else
        {
            manager.Rds = new() { ConfigSource = Protobuf.Ads(), RouteConfigName = options.RouteName };
        }

        Normalise(manager, context.Mesh.PathNormalization);
        ApplyIdentity(manager, options, context);
        ApplyNodeSettings(manager, context);
        manager.HttpFilters.AddRange(HttpFilters.Build(context, options));
        manager.Tracing = Tracing.Build(context, options.Direction);
        manager.AccessLog.AddRange(AccessLogs.Build(context, options.Direction));
        return new() { Name = Name, TypedConfig = manager.Pack() };
    }

    /// <summary>meshConfig.pathNormalization.</summary>
    private static void Normalise(HttpConnectionManager manager, PathNormalization mode)
    {
        manager.PathWithEscapedSlashesAction = HttpConnectionManager.Types.PathWithEscapedSlashesAction.KeepUnchanged;
        manager.NormalizePath = mode != PathNormalization.None;
        if (mode is PathNormalization.MergeSlashes or PathNormalization.DecodeAndMergeSlashes)
        {
            manager.MergeSlashes = true;
        }

        if (mode == PathNormalization.DecodeAndMergeSlashes)
        {
            manager.PathWithEscapedSlashesAction = HttpConnectionManager.Types.PathWithEscapedSlashesAction.UnescapeAndForward;
        }
    }

    /// <summary>Server name and the client certificate header.</summary>
    private static void ApplyIdentity(HttpConnectionManager manager, HttpManagerOptions options, ProxyContext context)
    {
        if (options.IsGateway)
        {
            manager.ServerName = "istio-envoy";
            manager.ForwardClientCertDetails = HttpConnectionManager.Types.ForwardClientCertDetails.SanitizeSet;
            manager.SetCurrentClientCertDetails = new() { Subject = true, Cert = true, Uri = true, Dns = true };
            ApplyTopology(manager, context.ProxyConfig.GatewayTopology);
        }
        else if (options.Direction == Direction.Inbound)
        {
            manager.ServerName = "istio-envoy";
            manager.ForwardClientCertDetails = HttpConnectionManager.Types.ForwardClientCertDetails.AppendForward;
            manager.SetCurrentClientCertDetails = new() { Subject = true, Uri = true, Dns = true };
            if (context.ProxyConfig.ProxyHeaders is { ForwardedClientCert: not ForwardClientCertDetails.Undefined } own)
            {
                manager.ForwardClientCertDetails = Forwarding(own.ForwardedClientCert);
            }
        }

        ApplyHeaders(manager, context.ProxyConfig.ProxyHeaders);
    }

    /// <summary>ProxyConfig.proxyHeaders.</summary>
    private static void ApplyHeaders(HttpConnectionManager manager, ProxyHeaders? headers)
    {
        if (headers is null)
        {
            return;
        }

        if (headers.ServerDisabled)
        {
            manager.ServerName = "";
            manager.ServerHeaderTransformation = HttpConnectionManager.Types.ServerHeaderTransformation.PassThrough;
        }
        else if (headers.ServerValue.Length > 0)
        {
            manager.ServerName = headers.ServerValue;
        }

        if (headers.RequestIdDisabled)
        {
            manager.GenerateRequestId = false;
        }
    }

    private static HttpConnectionManager.Types.ForwardClientCertDetails Forwarding(ForwardClientCertDetails details) => details switch
    {
        ForwardClientCertDetails.Sanitize => HttpConnectionManager.Types.ForwardClientCertDetails.Sanitize,
        ForwardClientCertDetails.ForwardOnly => HttpConnectionManager.Types.ForwardClientCertDetails.ForwardOnly,
        ForwardClientCertDetails.AppendForward => HttpConnectionManager.Types.ForwardClientCertDetails.AppendForward,
        ForwardClientCertDetails.AlwaysForwardOnly => HttpConnectionManager.Types.ForwardClientCertDetails.AlwaysForwardOnly,
        _ => HttpConnectionManager.Types.ForwardClientCertDetails.SanitizeSet,
    };

    private static void ApplyTopology(HttpConnectionManager manager, GatewayTopology? topology)
    {
        if (topology is null)
        {
            return;
        }

        manager.XffNumTrustedHops = topology.NumTrustedProxies;
        manager.ForwardClientCertDetails = Forwarding(topology.ForwardClientCertDetails);
    }

    private static void ApplyNodeSettings(HttpConnectionManager manager, ProxyContext context)
    {
        if (context.Settings.Http10 || context.Proxy.Metadata.Find("HTTP10") == "1")
        {
            manager.HttpProtocolOptions = new() { AcceptHttp10 = true };
        }

        if (NodeDurations.IdleTimeout(context) is { } idle)
        {
            manager.CommonHttpProtocolOptions = new() { IdleTimeout = idle.ToDuration() };
        }
    }
}
