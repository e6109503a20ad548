using Lateen.Model.Networking;

namespace Lateen.Model.Routing;

/// <summary>Which hosts and ports the routes of a VirtualService lead to.</summary>
public static class RouteDestinations
{
    /// <summary>Hosts (resolved) with their ports; port 0 = any.</summary>
    public static IReadOnlyDictionary<string, IReadOnlySet<int>> Of(VirtualServiceConfig route)
    {
        var found = new Dictionary<string, IReadOnlySet<int>>();
        foreach (var http in route.Http)
        {
            foreach (var target in http.Route)
            {
                Add(target.Destination);
            }

            Add(http.Mirror);
            foreach (var mirror in http.Mirrors)
            {
                Add(mirror.Destination);
            }
        }

        foreach (var target in route.Tcp.SelectMany(t => t.Route).Concat(route.Tls.SelectMany(t => t.Route)))
        {
            Add(target.Destination);
        }

        return found;

        void Add(Destination? destination)
        {
            if (destination is not null)
            {
                if (!found.TryGetValue(destination.Host, out var ports))
                {
                    found[destination.Host] = ports = new HashSet<int>();
                }

                ((HashSet<int>)ports).Add(destination.Port ?? 0);
            }
        }
    }
}
