using System.Globalization;
using Envoy.Config.Listener.V3;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Scope;
using Lateen.Model.Services;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Listeners;

/// <summary>A sidecar's outbound listeners: one per port for HTTP, one per address and port for everything else.</summary>
/// <remarks>Services are taken oldest first; who comes later joins a listener where the traffic can be told apart, and loses otherwise.</remarks>
internal sealed class OutboundListeners
{
    private static readonly int[] ReservedPorts = [15021, 15090];

    private readonly ProxyContext _context;
    private readonly Dictionary<(string Bind, int Port), OutboundListenerDraft> _drafts = [];
    private readonly List<OutboundListenerDraft> _order = [];

    private OutboundListeners(ProxyContext context) => _context = context;

    public static IEnumerable<Listener> Build(ProxyContext context)
    {
        var builder = new OutboundListeners(context);

        // Entries with a port of their own come before the one for all others, which then keeps away from those ports.
        foreach (var egress in context.Scope.Egress.OrderBy(e => e.Listener?.Port is null))
        {
            if (egress.Listener?.Port is { } port)
            {
                builder.AddOwnPort(egress, port);
            }
            else
            {
                builder.AddAll(egress);
            }
        }

        foreach (var draft in builder._order)
        {
            if (!draft.IsEmpty)
            {
                yield return draft.Build(context);
            }
        }
    }

    private void AddOwnPort(EgressScope egress, GatewayPort port)
    {
        var listener = egress.Listener!;
        var bound = _context.IsUncaptured || listener.CaptureMode == CaptureMode.None;
        var bind = listener.Bind.Length > 0 ? listener.Bind : bound ? _context.Loopback : _context.Wildcard;
        var isUnix = bind.StartsWith("unix:", StringComparison.Ordinal);
        var draft = Draft(bind, isUnix ? 0 : port.Number, bound || isUnix, locked: true);
        var protocol = Protocols.Parse(port.Protocol);
        if (protocol.IsHttp())
        {
            draft.RouteName = isUnix ? bind
                : protocol == Protocol.HttpProxy ? SidecarRoutes.HttpProxy
                : port.Number.ToString(CultureInfo.InvariantCulture);
            return;
        }

        foreach (var service in egress.Services)
        {
            var servicePort = new ServicePort { Name = port.Name, Number = port.Number, Protocol = protocol };
            if (protocol.IsUnsupported())
            {
                draft.RouteName ??= bind == _context.Wildcard
                    ? port.Number.ToString(CultureInfo.InvariantCulture)
                    : Naming.HostPort(service.Hostname, port.Number);
            }

            AddTcp(draft, service, servicePort, cidr: "", isWildcard: bind == _context.Wildcard, egress.VirtualServices);
        }
    }

    private void AddAll(EgressScope egress)
    {
        foreach (var service in egress.Services)
        {
            foreach (var port in service.Ports)
            {
                if (port.Protocol != Protocol.Udp && service.Resolution != Resolution.Alias)
                {
                    Add(egress, service, port);
                }
            }
        }
    }

    private void Add(EgressScope egress, Service service, ServicePort port)
    {
        var bind = egress.Listener?.Bind ?? "";
        if (port.Protocol.IsHttp())
        {
            var draft = Draft(bind.Length > 0 ? bind : _context.Wildcard, port.Number, _context.IsUncaptured, locked: false);
            if (Joins(draft, port))
            {
                draft.RouteName ??= port.Number.ToString(CultureInfo.InvariantCulture);
                draft.AddsGrpcWeb |= port.Protocol == Protocol.GrpcWeb;
            }

            return;
        }

        var address = _context.AddressOf(service);
        if (bind.Length == 0 && service.Resolution == Resolution.Passthrough && address == Service.UnspecifiedAddress
            && _context.Settings.HeadlessServicePodListeners && AddPods(egress, service, port))
        {
            return;
        }

        var cidr = address.Contains('/', StringComparison.Ordinal) ? address : "";
        if (bind.Length == 0)
        {
            bind = cidr.Length > 0 || address == Service.UnspecifiedAddress ? _context.Wildcard : address;
        }

        AddAt(bind, cidr, egress, service, port);
    }

    /// <summary>A headless service has no address: callers reach its pods, so each pod's address gets a listener.</summary>
    /// <returns>Whether the service is done with.</returns>
    private bool AddPods(EgressScope egress, Service service, ServicePort port)
    {
        var any = false;
        foreach (var endpoint in _context.Snapshot.EndpointsOf(service, port))
        {
            any = true;
            if (System.Net.IPAddress.TryParse(endpoint.Address, out _)
                && !_context.Proxy.Addresses.Contains(endpoint.Address))
            {
                AddAt(endpoint.Address, "", egress, service, port);
            }
        }

        // Without pods a Kubernetes service takes no traffic; a ServiceEntry still stands for any address.
        return any || service.Registry == Registry.Kubernetes;
    }

    private void AddAt(string bind, string cidr, EgressScope egress, Service service, ServicePort port)
    {
        var draft = Draft(bind, port.Number, _context.IsUncaptured, locked: false);
        if (!Joins(draft, port))
        {
            return;
        }

        if (port.Protocol.IsUnsupported())
        {
            draft.RouteName ??= bind == _context.Wildcard
                ? port.Number.ToString(CultureInfo.InvariantCulture)
                : Naming.HostPort(service.Hostname, port.Number);
        }

        AddTcp(draft, service, port, cidr, bind == _context.Wildcard, egress.VirtualServices);
    }

    private void AddTcp(
        OutboundListenerDraft draft,
        Service service,
        ServicePort port,
        string cidr,
        bool isWildcard,
        EquatableArray<VirtualServiceConfig> routes)
    {
        foreach (var chain in OutboundTcpChains.Build(_context, service, port, cidr, isWildcard, routes))
        {
            draft.TryAdd(chain);
            draft.NeedsTlsInspector |= chain.FilterChainMatch is { ServerNames.Count: > 0 };
        }
    }

    /// <summary>Whether a port may be added; servers that speak first do not share a listener with other protocols.</summary>
    private bool Joins(OutboundListenerDraft draft, ServicePort port)
    {
        if (draft.IsLocked)
        {
            return false;
        }

        var speaksFirst = port.Protocol is Protocol.Mongo or Protocol.MySql;
        if (draft.IsExclusive || (speaksFirst && !draft.IsEmpty))
        {
            return draft.IsEmpty;
        }

        draft.IsExclusive = speaksFirst;
        return !(ReservedPorts.Contains(port.Number) && draft == _drafts.GetValueOrDefault((_context.Wildcard, port.Number)));
    }

    private OutboundListenerDraft Draft(string bind, int port, bool bindToPort, bool locked)
    {
        if (!_drafts.TryGetValue((bind, port), out var draft))
        {
            _drafts[(bind, port)] = draft = new(bind, port, bindToPort) { IsLocked = locked };
            _order.Add(draft);
        }

        return draft;
    }
}
