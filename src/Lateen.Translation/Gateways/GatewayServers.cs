using System.Globalization;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Gateways;

/// <summary>The servers of all Gateway resources that select a proxy, by the listener that they share.</summary>
internal sealed class GatewayServers
{
    private const string ServiceAnnotation = "internal.istio.io/gateway-service";
    private const string NoTranslationLabel = "experimental.istio.io/disable-gateway-port-translation";

    private readonly ProxyContext _context;
    private readonly Dictionary<(string Bind, int Port), Listener> _listeners = [];
    private readonly List<(string Bind, int Port)> _order = [];
    private ILookup<string, BoundServer>? _byRoute;
    private Dictionary<int, HashSet<int>>? _servedPorts;

    private GatewayServers(ProxyContext context) => _context = context;

    /// <summary>By address (empty = all) and port, in the order of the oldest server.</summary>
    public IEnumerable<(string Bind, int Port, List<BoundServer> Servers)> Listeners =>
        _order.Select(key => (key.Bind, key.Port, _listeners[key].Servers));

    /// <summary>The HTTP servers behind a route configuration.</summary>
    public List<BoundServer> OfRoute(string name) =>
        [.. (_byRoute ??= _order.SelectMany(key => _listeners[key].Servers).ToLookup(server => server.RouteName))[name]];

    /// <summary>The ports that clients know, by the port that the workload listens on.</summary>
    public IReadOnlyDictionary<int, HashSet<int>> ServedPorts() => _servedPorts ??= _order
        .SelectMany(key => _listeners[key].Servers)
        .GroupBy(server => server.Port)
        .ToDictionary(group => group.Key, group => group.Select(server => server.Server.Port.Number).ToHashSet());

    public static GatewayServers Find(ProxyContext context)
    {
        var servers = new GatewayServers(context);
        foreach (var gateway in context.Snapshot.Index.Gateways)
        {
            if (Selects(context, gateway))
            {
                for (var i = 0; i < gateway.Servers.Count; i++)
                {
                    servers.Add(gateway, gateway.Servers[i], i);
                }
            }
        }

        return servers;
    }

    private static bool Selects(ProxyContext context, GatewayConfig gateway) => ServicesOf(gateway) is { } services
        ? context.Instances.Any(i => IsOf(services, gateway, i))
        : (!context.Settings.ScopeGatewayToNamespace || gateway.Meta.Namespace == context.Proxy.Namespace)
            && LabelsMatch.IsSubset(gateway.Selector, context.Proxy.Labels);

    /// <summary>The services that a Gateway made from other resources is bound to in place of a selector; null for a user's own.</summary>
    private static HashSet<string>? ServicesOf(GatewayConfig gateway) =>
        gateway.Meta.Annotations.Find(ServiceAnnotation)?.Split(',').ToHashSet();

    private static bool IsOf(HashSet<string> services, GatewayConfig gateway, ServiceInstance instance) =>
        instance.Service.Namespace == gateway.Meta.Namespace && services.Contains(instance.Service.Hostname);

    private void Add(GatewayConfig gateway, GatewayServer server, int index)
    {
        foreach (var port in ResolvePorts(gateway, server.Port.Number))
        {
            AddAt(port, gateway, server, index);
        }
    }

    private void AddAt(int port, GatewayConfig gateway, GatewayServer server, int index)
    {
        var bound = new BoundServer(gateway, server, port, "");
        bound = bound with { RouteName = RouteName(bound) };
        var key = (server.Bind, port);
        if (!_listeners.TryGetValue(key, out var existing))
        {
            _listeners[key] = new Listener(bound);
            _order.Add(key);
            return;
        }

        if (existing.Conflict(bound) is { } reason)
        {
            _context.Report(gateway.Meta, $"spec.servers[{index}]", reason, "use another port, bind or host");
            return;
        }

        existing.Add(bound);
    }

    /// <summary>The workload's port behind the port that clients use: by the gateway's own Service, else the same.</summary>
    /// <remarks>A Gateway bound to services listens on every target port of theirs, and on none that they do not have.</remarks>
    private IEnumerable<int> ResolvePorts(GatewayConfig gateway, int number)
    {
        if (ServicesOf(gateway) is { } services)
        {
            return _context.Instances.Where(i => IsOf(services, gateway, i) && i.Port.Number == number).Select(i => i.TargetPort).Distinct().Order();
        }

        foreach (var instance in _context.Instances)
        {
            if (instance.Port.Number == number && instance.Service.Labels.Find(NoTranslationLabel) != "true")
            {
                return [instance.TargetPort];
            }
        }

        return [number];
    }

    private static string RouteName(BoundServer server)
    {
        if (!server.IsHttp)
        {
            return "";
        }

        var bind = server.Server.Bind.Length == 0 ? "" : "." + server.Server.Bind;
        return server.Protocol.IsHttp()
            ? string.Create(CultureInfo.InvariantCulture, $"http.{server.Port}{bind}")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"https.{server.Server.Port.Number}.{server.Server.Port.Name}.{server.Gateway.Meta.Name}.{server.Gateway.Meta.Namespace}{bind}");
    }

    /// <summary>The servers of one address and port, with what they have taken.</summary>
    private sealed class Listener
    {
        private readonly HashSet<string> _hosts = [];
        private readonly HashSet<string> _routes = [];

        public Listener(BoundServer first) => Add(first);

        public List<BoundServer> Servers { get; } = [];

        public void Add(BoundServer server)
        {
            Servers.Add(server);
            _hosts.UnionWith(server.Server.Hosts.Select(GatewayHosts.HostOf));
            _routes.Add(server.RouteName);
        }

        /// <summary>Why a server cannot share the listener with older ones; null when it can.</summary>
        public string? Conflict(BoundServer server)
        {
            var first = Servers[0];
            if (first.IsTls != server.IsTls)
            {
                return $"port {server.Port} is taken by Gateway {first.GatewayName} with protocol {first.Server.Port.Protocol}";
            }

            if (!server.IsTls)
            {
                return server.IsHttp && first.IsHttp && server.Protocol == first.Protocol
                    ? null
                    : $"plain {server.Server.Port.Protocol} on port {server.Port} can not be told apart from Gateway {first.GatewayName}";
            }

            if (server.Server.Hosts.Select(GatewayHosts.HostOf).FirstOrDefault(_hosts.Contains) is { } duplicate)
            {
                return $"host {duplicate} on port {server.Port} is already served by an older server";
            }

            return server.IsHttp && _routes.Contains(server.RouteName) ? $"port name {server.Server.Port.Name} is used twice" : null;
        }
    }
}
