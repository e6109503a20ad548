using Lateen.Model.Networking;
using Lateen.Model.Services;

namespace Lateen.Model.Scope;

/// <summary>The `namespace/host` list of a Sidecar's egress entry.</summary>
internal sealed class HostImports
{
    private readonly List<(string Namespace, string Host)> _entries = [];

    public HostImports(EquatableArray<string> hosts, string @namespace)
    {
        foreach (var entry in hosts)
        {
            var slash = entry.IndexOf('/', StringComparison.Ordinal);
            var from = slash < 0 ? "*" : entry[..slash];
            _entries.Add((from == "." ? @namespace : from, slash < 0 ? entry : entry[(slash + 1)..]));
        }
    }

    public bool Includes(Service service)
    {
        foreach (var (from, host) in _entries)
        {
            if ((from == "*" || from == service.Namespace) && HostName.IsSubsetOf(service.Hostname, host))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether one of its hosts is imported.</summary>
    public bool Includes(VirtualServiceConfig route)
    {
        foreach (var (from, host) in _entries)
        {
            if (from != "*" && from != route.Meta.Namespace)
            {
                continue;
            }

            foreach (var own in route.Hosts)
            {
                // A wildcard host may name an imported one: services under it are routed by it.
                if (HostName.Matches(own, host))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
