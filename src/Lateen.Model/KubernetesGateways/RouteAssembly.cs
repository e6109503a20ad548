using System.Globalization;
using Lateen.Model.Networking;

namespace Lateen.Model.KubernetesGateways;

/// <summary>Puts together what HTTPRoutes add to the same host at the same gateway: one VirtualService for each.</summary>
/// <remarks>
/// The oldest route of a host gives the VirtualService its name. A pass over all routes costs one look-up each; only a host at which something differs is
/// sorted and made anew, everything else is the same instance as before.
/// </remarks>
internal sealed class RouteAssembly
{
    private Dictionary<(string Place, string Host), Group> _groups = [];

    /// <param name="routes">The oldest first.</param>
    public List<VirtualServiceConfig> Of(IEnumerable<ConvertedRoute> routes)
    {
        var groups = new Dictionary<(string Place, string Host), Group>();
        var order = new List<Group>();
        foreach (var route in routes)
        {
            var named = 0;
            foreach (var part in route.Http)
            {
                if (!groups.TryGetValue((part.Place, part.Host), out var group))
                {
                    group = groups[(part.Place, part.Host)] = new(route.Route.Meta, named++, part);
                    order.Add(group);
                }

                group.Parts.Add((route.Route.Meta, part.Routes));
            }
        }

        foreach (var (key, group) in groups)
        {
            group.Result = _groups.TryGetValue(key, out var before) && before.IsSame(group) ? before.Result : group.Make();
        }

        _groups = groups;
        return [.. order.Select(group => group.Result!)];
    }

    private sealed class Group(ConfigMeta first, int number, HttpContribution part)
    {
        public List<(ConfigMeta Route, EquatableArray<HttpRoute> Routes)> Parts { get; } = [];

        public VirtualServiceConfig? Result { get; set; }

        private ConfigMeta First => first;

        private int Number => number;

        private string Gateway => part.Gateway;

        public bool IsSame(Group other) => First == other.First && Number == other.Number && Gateway == other.Gateway && Parts.Count == other.Parts.Count
            && Parts.Zip(other.Parts).All(pair => pair.First.Routes.IsSame(pair.Second.Routes) && pair.First.Route == pair.Second.Route);

        public VirtualServiceConfig Make() => new()
        {
            Meta = GatewayNames.RouteMeta(
                First,
                string.Create(CultureInfo.InvariantCulture, $"{First.Name}-{Number}-{GatewayNames.Suffix}"),
                string.Join(',', Parts.Select(entry => GatewayNames.ParentOf(entry.Route)).Distinct())),
            Hosts = [part.Host],
            Gateways = [Gateway],
            Http = HttpRouteOrder.Sort(Parts.SelectMany(entry => (IEnumerable<HttpRoute>)entry.Routes)),
        };
    }
}
