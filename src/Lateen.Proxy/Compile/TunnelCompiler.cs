using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Tcp;

namespace Lateen.Proxy.Compile;

/// <summary>TcpProxy.tunneling_config to <see cref="TunnelConfig"/>.</summary>
internal static class TunnelCompiler
{
    public static TunnelConfig? Compile(CompileScope scope, TcpProxy proxy, string path)
    {
        if (proxy.TunnelingConfig is not { } tunnel)
        {
            return null;
        }
        string at = path + ".tunneling_config";
        if (tunnel.UsePost || tunnel.PostPath.Length > 0)
        {
            scope.Refuse(at + ".use_post", "POST is not supported: leave it out, CONNECT is used");
        }
        if (tunnel.Hostname.Length == 0)
        {
            scope.Refuse(at + ".hostname", "must not be empty");
        }
        if (LogFormat.Parse(tunnel.Hostname, omitEmpty: true, out string? error) is not { } hostname)
        {
            scope.Refuse(at + ".hostname", error!);
            return null;
        }
        return new TunnelConfig(hostname, RouteCompiler.Edits(scope, tunnel.HeadersToAdd, [], at + ".headers_to_add"), new HttpManager
        {
            StatPrefix = proxy.StatPrefix,
            Stats = scope.Host.StatsOf($"tcp.{proxy.StatPrefix}.tunnel.", StatNames.Http),
            Routes = new RouteState("tunnel"),
            Filters = [],
            AccessLogs = AccessLogCompiler.Compile(scope, proxy.AccessLog, path + ".access_log"),
            StreamIdleTimeoutMilliseconds = CompileScope.Milliseconds(proxy.IdleTimeout, 3_600_000),
        });
    }
}
