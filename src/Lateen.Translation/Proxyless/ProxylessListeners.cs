using System.Globalization;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Proxyless;

/// <summary>The listener of a target `host:port`: an API listener that leads to the route configuration of that port.</summary>
internal static class ProxylessListeners
{
    public static Listener? Build(ProxyContext context, string name)
    {
        if (Find(context, name) is not { } target)
        {
            return null;
        }

        var manager = new HttpConnectionManager
        {
            Rds = new() { ConfigSource = Protobuf.Ads(), RouteConfigName = Naming.Outbound(target.Service.Hostname, "", target.Port.Number) },
        };
        manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.fault", TypedConfig = new HTTPFault().Pack() });
        manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.router", TypedConfig = new Router().Pack() });
        return new() { Name = name, ApiListener = new() { ApiListener_ = manager.Pack() } };
    }

    /// <summary>The service port that a target means: by its full name or one that the client's search domains would complete.</summary>
    private static (Service Service, ServicePort Port)? Find(ProxyContext context, string name)
    {
        var colon = name.LastIndexOf(':');
        var host = colon < 0 ? name : name[..colon];
        var service = context.FindService(host) ?? ByShortName(context, host);
        if (service is null)
        {
            return null;
        }

        if (colon < 0)
        {
            return service.Ports.Count == 1 ? (service, service.Ports[0]) : null;
        }

        return int.TryParse(name.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && service.FindPort(number) is { } port && port.Protocol != Protocol.Udp
            ? (service, port)
            : null;
    }

    private static Service? ByShortName(ProxyContext context, string host) => context.Scope.ServicesByHost.Values.FirstOrDefault(
        s => DomainNames.Alternatives(s.Hostname, context.Proxy.DnsDomain).Contains(host));
}
