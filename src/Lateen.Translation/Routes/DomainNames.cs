using Lateen.Model.Services;

namespace Lateen.Translation.Routes;

/// <summary>Under which names a service's virtual host is found.</summary>
internal static class DomainNames
{
    /// <summary>The full name, the shorter forms that resolve to it from the proxy's namespace, and its address.</summary>
    /// <param name="withPort">Each name also with the port: callers of a forward proxy write it.</param>
    public static (List<string> Domains, List<string> Alternatives) Of(ProxyContext context, Service service, int port, bool withPort)
    {
        var alternatives = Alternatives(service.Hostname, context.Proxy.DnsDomain);
        var names = new List<string> { Bracketed(service.Hostname) };
        names.AddRange(alternatives);
        if (service.IsHeadless)
        {
            // Pods of a headless service have names of their own below it.
            names.AddRange(names.Select(n => "*." + n).ToList());
        }

        foreach (var address in context.AddressesOf(service))
        {
            if (address != Service.UnspecifiedAddress && !address.Contains('/', StringComparison.Ordinal))
            {
                names.Add(Bracketed(address));
            }
        }

        return (withPort ? [.. names.SelectMany(n => (string[])[n, Naming.HostPort(n, port)])] : names, alternatives);
    }

    /// <summary>RFC 3986 3.2.2: an IPv6 address in a host is put in brackets.</summary>
    internal static string Bracketed(string host) =>
        System.Net.IPAddress.TryParse(host, out var ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{host}]" : host;

    /// <summary>The short forms of a host as a resolver with the proxy's domain as search list would complete them.</summary>
    public static List<string> Alternatives(string host, string proxyDomain)
    {
        var result = new List<string>();
        var proxyAt = proxyDomain.IndexOf(".svc.", StringComparison.Ordinal);
        if (proxyAt > 0)
        {
            var hostAt = host.IndexOf(".svc.", StringComparison.Ordinal);
            if (hostAt <= 0 || !proxyDomain.AsSpan(proxyAt).SequenceEqual(host.AsSpan(hostAt)))
            {
                return result;
            }

            var name = host[..hostAt];
            var dot = name.LastIndexOf('.');
            if (dot > 0 && name.AsSpan(dot + 1).SequenceEqual(proxyDomain.AsSpan(0, proxyAt)))
            {
                result.Add(name[..dot]);
            }

            result.Add(name + ".svc");
            result.Add(name);
            return result;
        }

        AddShared(host, proxyDomain, result);
        return result;
    }

    /// <summary>Domains outside of Kubernetes: the part of the host that the proxy's domain does not share.</summary>
    private static void AddShared(string host, string proxyDomain, List<string> result)
    {
        var hostParts = host.Split('.');
        var proxyParts = proxyDomain.Split('.');
        var shared = 0;
        while (shared < hostParts.Length && shared < proxyParts.Length
            && hostParts[^(shared + 1)] == proxyParts[^(shared + 1)])
        {
            shared++;
        }

        if (shared > 0 && proxyDomain.Length > 0 && shared < hostParts.Length)
        {
            result.Add(string.Join('.', hostParts[..^shared]));
        }
    }
}
