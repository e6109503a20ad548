using Envoy.Config.Endpoint.V3;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Listeners;

/// <summary>Finds the inbound ports: those of the workload's services, or those that its Sidecar resource lists.</summary>
internal static class InboundPorts
{
    public static EquatableArray<InboundPort> Find(ProxyContext context)
    {
        if (context.IsGateway)
        {
            return default;
        }

        if (context.Scope.Sidecar is not { Ingress.IsEmpty: false } sidecar)
        {
            return OfServices(context);
        }

        var listed = OfSidecar(context, sidecar);
        if (!context.Settings.MergeSidecarServiceInbound)
        {
            return listed;
        }

        var taken = listed.Select(port => port.TargetPort).ToHashSet();
        return listed.Concat(OfServices(context).Where(port => !taken.Contains(port.TargetPort))).OrderBy(port => port.TargetPort).ToEquatableArray();
    }

    private static EquatableArray<InboundPort> OfServices(ProxyContext context)
    {
        var ports = new SortedDictionary<int, InboundPort>();
        foreach (var instance in context.Instances)
        {
            if (instance.Port.Protocol == Protocol.Udp)
            {
                continue;
            }

            if (ports.TryGetValue(instance.TargetPort, out var existing))
            {
                // The oldest service decides on the protocol; the others are served by it.
                ports[instance.TargetPort] = existing with { Services = existing.Services.Add(instance) };
                continue;
            }

            ports[instance.TargetPort] = new()
            {
                TargetPort = instance.TargetPort,
                ServicePort = instance.Port.Number,
                Protocol = instance.Port.Protocol,
                Host = instance.Service.Hostname,
                Name = instance.Port.Name,
                Services = [instance],
                Bind = context.IsUncaptured ? context.Proxy.Address : "",
                Endpoint = context.IsUncaptured || !context.Settings.InboundPassthrough
                    ? new LbEndpoint { Endpoint = new() { Address = Protobuf.SocketAddress(context.Loopback, instance.TargetPort) } }
                    : null,
                ConnectionPool = context.Scope.Sidecar?.InboundConnectionPool,
            };
        }

        return ports.Values.ToEquatableArray();
    }

    private static EquatableArray<InboundPort> OfSidecar(ProxyContext context, SidecarConfig sidecar)
    {
        var ports = new List<InboundPort>();
        foreach (var ingress in sidecar.Ingress)
        {
            var instance = context.Instances
                .FirstOrDefault(i => i.TargetPort == ingress.Port.Number || i.Port.Number == ingress.Port.Number);
            var bound = context.IsUncaptured || ingress.CaptureMode == CaptureMode.None;
            ports.Add(new()
            {
                TargetPort = ingress.Port.Number,
                ServicePort = ingress.Port.Number,
                Protocol = Protocols.Parse(ingress.Port.Protocol),
                Host = instance?.Service.Hostname ?? $"{sidecar.Meta.Name}.{sidecar.Meta.Namespace}",
                Name = ingress.Port.Name,
                Services = instance is null ? [] : [instance],
                Endpoint = DefaultEndpoint(context, ingress),
                Tls = context.Settings.TlsOnSidecarIngress ? ingress.Tls : null,
                ConnectionPool = ingress.ConnectionPool ?? sidecar.InboundConnectionPool,
                ChainBind = ingress.Bind.Length > 0 ? ingress.Bind : context.Proxy.Address,
                Bind = !bound ? "" : ingress.Bind.Length > 0 ? ingress.Bind : context.Proxy.Address,
            });
        }

        return ports.OrderBy(p => p.TargetPort).ToEquatableArray();
    }

    private static LbEndpoint? DefaultEndpoint(ProxyContext context, SidecarIngress ingress)
    {
        const string UnixPrefix = "unix://";
        var text = ingress.DefaultEndpoint;
        if (text.Length == 0)
        {
            return null;
        }

        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return new() { Endpoint = new() { Address = new() { Pipe = new() { Path = text[UnixPrefix.Length..] } } } };
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), out var port))
        {
            context.Report(
                context.Scope.Sidecar!.Meta,
                "spec.ingress[].defaultEndpoint",
                $"\"{text}\" is not host:port",
                "write 127.0.0.1:PORT, 0.0.0.0:PORT or unix:///path");
            return null;
        }

        // 0.0.0.0 stands for the pod's own address.
        var host = text[..colon].Trim('[', ']') switch
        {
            "0.0.0.0" or "::" => context.Proxy.Address,
            "::1" or "127.0.0.1" => context.Loopback,
            var other => other,
        };
        return new() { Endpoint = new() { Address = Protobuf.SocketAddress(host, port) } };
    }
}
