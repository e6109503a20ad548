using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Lateen.Translation.Listeners;

namespace Lateen.Translation.Routes;

/// <summary>The route configuration inside inbound HTTP chains: everything goes to the port's cluster.</summary>
internal static class InboundRoutes
{
    public static RouteConfiguration Build(ProxyContext context, InboundPort port)
    {
        _ = context;
        var cluster = Naming.Inbound(port.TargetPort);
        return Build(
            cluster,
            $"inbound|http|{port.ServicePort}",
            cluster,
            $"{Naming.HostPort(port.Host, port.ServicePort)}/*");
    }

    public static RouteConfiguration Passthrough(string cluster) => Build(cluster, "inbound|http|0", cluster, $":0/*");

    private static RouteConfiguration Build(string name, string virtualHost, string cluster, string operation) => new()
    {
        Name = name,
        ValidateClusters = false,
        VirtualHosts =
        {
            new VirtualHost
            {
                Name = virtualHost,
                Domains = { "*" },
                Routes =
                {
                    new Route
                    {
                        Name = "default",
                        Match = new() { Prefix = "/" },
                        Decorator = new() { Operation = operation },
                        Route_ = new()
                        {
                            Cluster = cluster,
                            Timeout = new Duration(),
                            MaxStreamDuration = new()
                            {
                                MaxStreamDuration_ = new Duration(),
                                GrpcTimeoutHeaderMax = new Duration(),
                            },
                        },
                    },
                },
            },
        },
    };
}
