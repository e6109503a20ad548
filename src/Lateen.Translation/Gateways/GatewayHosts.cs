using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Translation.Gateways;

/// <summary>The `namespace/host` entries of gateway servers.</summary>
internal static class GatewayHosts
{
    public static string HostOf(string entry)
    {
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? entry : entry[(slash + 1)..];
    }

    /// <summary>The hosts of a VirtualService that a server serves.</summary>
    public static List<string> Matching(BoundServer server, VirtualServiceConfig source)
    {
        var result = new List<string>();
        foreach (var host in source.Hosts)
        {
            foreach (var entry in server.Server.Hosts)
            {
                if (IsOpenTo(entry, server.Gateway.Meta.Namespace, source.Meta.Namespace)
                    && Narrower(host, HostOf(entry)) is { } both && !result.Contains(both))
                {
                    result.Add(both);
                }
            }
        }

        return result;
    }

    /// <summary>The server names of a TLS chain; empty when any name will do.</summary>
    public static IEnumerable<string> ServerNames(BoundServer server)
    {
        var names = server.Server.Hosts.Select(HostOf).Distinct().Order(StringComparer.Ordinal).ToList();
        return names.Contains("*") ? [] : names;
    }

    /// <summary>What both names stand for; null when that is nothing.</summary>
    public static string? Narrower(string a, string b) =>
        HostName.IsSubsetOf(a, b) ? a : HostName.IsSubsetOf(b, a) ? b : null;

    private static bool IsOpenTo(string entry, string gatewayNamespace, string sourceNamespace)
    {
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? "*" : entry[..slash]) switch
        {
            "*" => true,
            "." => sourceNamespace == gatewayNamespace,
            var name => sourceNamespace == name,
        };
    }
}
