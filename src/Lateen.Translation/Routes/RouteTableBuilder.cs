using System.Security.Cryptography;
using Envoy.Config.Route.V3;
using Google.Protobuf;

namespace Lateen.Translation.Routes;

/// <summary>Builds the virtual hosts of a sidecar's route configuration, out of those of an earlier one where nothing that they are made from changed.</summary>
/// <remarks>
/// An earlier table is one for the same proxy (as far as it counts) and name. <see cref="HostGroups"/> says which names are routed, in which order;
/// <see cref="RouteSource"/> makes the routes under them; here each gets its domains and its bytes.
/// </remarks>
internal sealed class RouteTableBuilder
{
    private readonly ProxyContext _context;
    private readonly RouteRequest _request;
    private readonly RouteTable? _before;
    private readonly RouteSource _routes;
    private readonly HostGroups _groups;

    public RouteTableBuilder(ProxyContext context, RouteRequest request, RouteTable? before = null)
    {
        (_context, _request) = (context, request);
        _before = before is not null && ReferenceEquals(before.Settings.Mesh, context.Mesh) && ReferenceEquals(before.Settings.ControlPlane, context.Settings)
            ? before
            : null;
        _routes = new RouteSource(context, _before);
        _groups = new HostGroups(context, request, _before, _routes);
    }

    /// <summary>The virtual hosts as messages, in the order of their names.</summary>
    public IEnumerable<VirtualHost> Messages()
    {
        var groups = _groups.Build();
        return Ordered(groups).Claims.Select(host => Message(groups[host.Group], host.Domains)).ToList();
    }

    public RouteTable Build()
    {
        var groups = _groups.Build();
        var (hosts, isContested) = _before is not null && PlacesOf(groups, _before) is { } places
            ? (Renewed(groups, _before, places), _before.IsContested)
            : Packed(groups);
        return new(
            (_context.Mesh, _context.Settings),
            _context.Snapshot.Index.DestinationRules,
            _context.Scope.ServicesByHost,
            _groups.Served,
            _routes.All,
            groups,
            hosts,
            isContested);
    }

    /// <summary>Where each of the names of before stands now; null when not all domains are claimed as they were.</summary>
    /// <remarks>A name that gets a VirtualService of its own moves to the front. That is all that changes where nobody wanted what another has.</remarks>
    private static int[]? PlacesOf(List<HostGroup> now, RouteTable before)
    {
        if (now.Count != before.Groups.Count)
        {
            return null;
        }

        var places = new int[now.Count];
        var same = 0;
        while (same < now.Count && now[same].ClaimsLike(before.Groups[same]))
        {
            places[same] = same++;
        }

        if (same == now.Count)
        {
            return places;
        }

        var byName = new Dictionary<string, int>(now.Count - same);
        for (var i = same; i < now.Count; i++)
        {
            if (before.IsContested || !byName.TryAdd(now[i].Name, i))
            {
                return null;
            }
        }

        for (var i = same; i < now.Count; i++)
        {
            if (!byName.TryGetValue(before.Groups[i].Name, out places[i]) || !now[places[i]].ClaimsLike(before.Groups[i]))
            {
                return null;
            }
        }

        return places;
    }

    // Names and domains are as before: only hosts with other routes are made.
    private List<RoutedHost> Renewed(List<HostGroup> groups, RouteTable before, int[] places)
    {
        var hosts = new List<RoutedHost>(before.Hosts.Count);
        foreach (var host in before.Hosts)
        {
            var place = places[host.Group];
            hosts.Add(!ReferenceEquals(groups[place].Routes, before.Groups[host.Group].Routes) ? Pack(place, groups[place], host.Domains)
                : place == host.Group ? host
                : host with { Group = place });
        }

        return hosts;
    }

    private (List<RoutedHost> Hosts, bool IsContested) Packed(List<HostGroup> groups)
    {
        var known = _before?.Hosts.ToDictionary(host => host.Name) ?? [];
        var hosts = new List<RoutedHost>(groups.Count);
        var (claims, isContested) = Ordered(groups);
        foreach (var (index, domains) in claims)
        {
            var group = groups[index];
            hosts.Add(known.TryGetValue(group.Name, out var host) && ReferenceEquals(_before!.Groups[host.Group].Routes, group.Routes)
                && host.Domains.SequenceEqual(domains)
                ? host with { Group = index }
                : Pack(index, group, domains));
        }

        return (hosts, isContested);
    }

    private RoutedHost Pack(int index, HostGroup group, IReadOnlyList<string> domains)
    {
        var message = Message(group, domains);
        var size = message.CalculateSize();
        var bytes = new byte[1 + CodedOutputStream.ComputeLengthSize(size) + size];
        var output = new CodedOutputStream(bytes);
        output.WriteTag(RouteConfiguration.VirtualHostsFieldNumber, WireFormat.WireType.LengthDelimited);
        output.WriteMessage(message);
        output.CheckNoSpaceLeft();
        return new(index, group.Name, domains, UnsafeByteOperations.UnsafeWrap(bytes), SHA256.HashData(bytes));
    }

    private VirtualHost Message(HostGroup group, IReadOnlyList<string> domains)
    {
        var host = new VirtualHost { Name = group.Name, IncludeRequestAttemptCount = _context.TellsAttempts };
        host.Domains.AddRange(domains);
        host.Routes.AddRange(_routes.MessagesOf(group));
        return host;
    }

    private (IEnumerable<(int Group, IReadOnlyList<string> Domains)> Claims, bool IsContested) Ordered(List<HostGroup> groups)
    {
        if (_request.Host.Length == 0)
        {
            var (claims, isContested) = HostDomains.Claim(_context, groups, withPort: _request.Port == 0);
            return (claims.OrderBy(host => groups[host.Group].Name, StringComparer.Ordinal), isContested);
        }

        // Of one service alone: who comes first decides.
        var own = groups.FindIndex(group => group.Service?.Hostname == _request.Host);
        return (own < 0 ? [] : [(own, ["*"])], true);
    }
}
