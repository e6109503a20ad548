using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.Sandbox.Controllers;

/// <summary>Gives each Service of type LoadBalancer an address, as a cloud's controller would.</summary>
/// <remarks>
/// The node's rules lead the address to the service's endpoints, and the host has a route to it, so it is reachable from this machine. The field
/// spec.loadBalancerIP asks for a certain one. A Service with a loadBalancerClass is left to the controller of that class (Kubernetes
/// documentation, "Service", "Specify class of load balancer implementation").
/// </remarks>
internal sealed class LoadBalancerController : Controller
{
    private const string Component = "service-controller";

    private readonly ObjectCache _services;
    private readonly IReadOnlyList<IPAddress> _range;

    // The cache may not have seen our own last write yet.
    private readonly Dictionary<ObjectKey, string> _given = [];

    public LoadBalancerController(ControllerContext context, IReadOnlyList<IPAddress> range)
        : base(context)
    {
        _range = range;
        _services = Follow(ResourceTypes.Services);
    }

    public override void Changed(ResourceType type, JsonObject? before, JsonObject? after) => Queue.Add(ObjectKey.Of((after ?? before)!));

    /// <summary>The address that a service shall have: the one asked for, else the one it has, else the first that is free; null where there is none.</summary>
    internal static string? Choose(JsonObject service, IReadOnlyList<IPAddress> range, IReadOnlySet<string> taken)
    {
        string asked = service.Text("spec", "loadBalancerIP");
        string present = AddressOf(service);
        return new[] { asked, asked.Length > 0 ? "" : present }.Concat(asked.Length > 0 ? [] : range.Select(a => a.ToString()))
            .FirstOrDefault(a => a.Length > 0 && !taken.Contains(a) && range.Any(r => r.ToString() == a));
    }

    protected override async Task ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        if (_services.Find(key) is not { } service || service.IsTerminating())
        {
            _given.Remove(key);
            return;
        }

        bool wanted = service.Text("spec", "type") == "LoadBalancer" && service.Text("spec", "loadBalancerClass").Length == 0;
        string present = AddressOf(service);
        string? address = wanted ? Choose(service, _range, Taken(key)) : "";
        if (address is null)
        {
            string asked = service.Text("spec", "loadBalancerIP");
            Context.Events.Warning(service, Component, "SyncLoadBalancerFailed", asked.Length > 0
                ? $"the address {asked} that spec.loadBalancerIP asks for is taken or not one of {_range[0]} to {_range[^1]}"
                : $"all addresses from {_range[0]} to {_range[^1]} are in use: delete a Service of type LoadBalancer");
            return;
        }

        if (address == present || (!wanted && service.Text("spec", "loadBalancerClass").Length > 0))
        {
            return;
        }

        JsonArray ingress = address.Length > 0 ? [(JsonNode)new JsonObject { ["ip"] = address }] : [];
        JsonObject patch = new() { ["status"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = ingress } } };
        await Client.PatchAsync(ResourceTypes.Services, key, PatchKind.Merge, patch, cancellation, "status");
        if (address.Length > 0)
        {
            _given[key] = address;
            Context.Events.Normal(service, Component, "EnsuredLoadBalancer", "Ensured load balancer");
        }
        else
        {
            _given.Remove(key);
        }
    }

    private static string AddressOf(JsonObject service) => service.Items("status", "loadBalancer", "ingress").FirstOrDefault()?.Text("ip") ?? "";

    private HashSet<string> Taken(ObjectKey except) =>
    [
        .. _services.All.Where(s => ObjectKey.Of(s) != except).SelectMany(s => new[] { AddressOf(s), s.Text("spec", "clusterIP") }),
        .. _given.Where(g => g.Key != except).Select(g => g.Value),
    ];
}
