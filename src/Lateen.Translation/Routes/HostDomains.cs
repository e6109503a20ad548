namespace Lateen.Translation.Routes;

/// <summary>Which domains each name of a route configuration gets: every domain leads to one virtual host.</summary>
internal static class HostDomains
{
    /// <param name="groups">The earlier one claims first.</param>
    /// <param name="withPort">Each name also with the port: callers of a forward proxy write it.</param>
    /// <returns>The places of the groups that have a virtual host, with its domains; and whether another order of the groups would have given another result.</returns>
    public static (List<(int Group, IReadOnlyList<string> Domains)> Claims, bool IsContested) Claim(ProxyContext context, List<HostGroup> groups, bool withPort)
    {
        var known = groups.Select(g => g.Hostname).ToHashSet();

        // RFC 9110 4.2.3: hosts are compared without regard to case.
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var served = groups.Where(g => g.Service is not null).Select(g => g.Hostname).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var result = new List<(int, IReadOnlyList<string>)>(groups.Count);
        var isContested = false;
        for (var i = 0; i < groups.Count; i++)
        {
            var group = groups[i];

            // A host in another case than a service's name is that service.
            if (group.Service is null && served.Contains(group.Hostname))
            {
                continue;
            }

            if (!names.Add(group.Name))
            {
                isContested = true;
                continue;
            }

            List<string> domains = withPort ? [group.Hostname, group.Name] : [group.Hostname];
            List<string> alternatives = [];
            if (group.Service is { } service)
            {
                (domains, alternatives) = DomainNames.Of(context, service, group.Port, withPort);
            }

            if (withPort && group.Port != 80)
            {
                // Without a port in the authority HTTP's own is meant.
                domains.RemoveAll(d => !d.Contains(':', StringComparison.Ordinal));
            }

            // A short name never stands in the way of a service that has it as its full name; each name leads to one host.
            domains.RemoveAll(d => alternatives.Contains(d) && known.Contains(d));
            isContested |= domains.RemoveAll(d => !taken.Add(d)) > 0;
            if (domains.Count > 0)
            {
                result.Add((i, domains));
            }
        }

        return (result, isContested);
    }
}
