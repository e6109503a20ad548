using System.Globalization;
using Lateen.Model.Routing;

namespace Lateen.Model.KubernetesGateways;

/// <summary>Which parents take a route.</summary>
public static class RouteAttachments
{
    internal const string ServiceEntry = "ServiceEntry";

    private const string NotAllowed = "NotAllowedByListeners";
    private const string NoHostname = "NoMatchingListenerHostname";
    private const string NoParent = "NoMatchingParent";

    /// <summary>The reasons in the order in which one of them is told of a parent with several listeners: what came nearest first.</summary>
    public static readonly IReadOnlyList<string> Reasons = [NotAllowed, NoHostname, NoParent];

    /// <summary>An entry for each listener of each parent that is known, in an order that does not depend on how they are written.</summary>
    internal static EquatableArray<RouteAttachment> Of(KubernetesRoute route, Func<string, string, ConvertedGateway?> find)
    {
        var found = new List<RouteAttachment>();
        foreach (var parent in route.Parents.OrderBy(Order, StringComparer.Ordinal))
        {
            switch (parent.Group ?? GatewayNames.Group, parent.Kind ?? "Gateway")
            {
                case (GatewayNames.Group, "Gateway") when find(parent.Namespace ?? route.Meta.Namespace, parent.Name) is { } gateway:
                    found.AddRange(gateway.Listeners.Where(listener => listener.Config is not null)
                        .Select(listener => new RouteAttachment(parent, listener.InternalName, Denied(route, parent, listener))));
                    break;
                case ("", "Service") or ("networking.istio.io", ServiceEntry):
                    found.Add(new(parent, VirtualServiceIndex.MeshGateway, null));
                    break;
            }
        }

        return found.ToEquatableArray();
    }

    /// <summary>Group, kind, name, section, port and namespace of a reference as one text to sort by.</summary>
    public static string Order(ParentReference parent) =>
        string.Create(CultureInfo.InvariantCulture, $"{parent.Group}/{parent.Kind}/{parent.Name}/{parent.SectionName}/{parent.Port ?? 0}.{parent.Namespace}");

    private static GatewayFault? Denied(KubernetesRoute route, ParentReference parent, ConvertedListener listener)
    {
        if (parent.Port is { } port && port != listener.Listener.Port)
        {
            return new(NoParent, string.Create(CultureInfo.InvariantCulture, $"port {port} not found"));
        }

        if (parent.SectionName is { Length: > 0 } section && section != listener.Listener.Name)
        {
            return new(NoParent, $"sectionName \"{section}\" not found");
        }

        var hostname = listener.Listener.Hostname ?? "";
        var hostMatches = route.Hostnames.IsEmpty || hostname.Length == 0 || route.Hostnames.Any(host => HostName.Matches(hostname, host));
        if (!hostMatches)
        {
            return new(NoHostname, $"no hostnames matched parent hostname \"{hostname}\"");
        }

        if (!listener.Config!.Servers[0].Hosts.Any(host => IsOpenTo(host, route.Meta.Namespace)))
        {
            return new(NotAllowed, $"hostnames matched parent hostname \"{hostname}\", but namespace \"{route.Meta.Namespace}\" is not allowed by the parent");
        }

        return listener.Kinds.Contains(route.Meta.Kind) ? null
            : new(NotAllowed, $"kind {GatewayNames.Group}/{VersionOf(route.Meta.Kind)}/{route.Meta.Kind} is not allowed");
    }

    private static bool IsOpenTo(string host, string ns) => host.AsSpan(0, host.IndexOf('/', StringComparison.Ordinal)) is var open && (open is "*" || open.SequenceEqual(ns));

    private static string VersionOf(string kind) => kind == KubernetesRoute.Http ? "v1beta1" : "v1alpha2";
}
