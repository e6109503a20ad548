using System.Net;
using System.Net.Sockets;
using Lateen.Agent.Settings;

namespace Lateen.Agent.Dns;

/// <summary>The agent's DNS proxy: resolver and sockets (ISTIO_META_DNS_CAPTURE).</summary>
internal sealed class DnsProxy(DnsResolver resolver, IReadOnlyList<IPEndPoint> addresses)
{
    public DnsResolver Resolver { get; } = resolver;

    /// <exception cref="InvalidOperationException">An address cannot be had.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using DnsServer server = new(Resolver, addresses);
        try
        {
            server.Open();
        }
        catch (SocketException e)
        {
            throw new InvalidOperationException($"the DNS proxy cannot listen on {string.Join(", ", addresses)}: {e.Message}", e);
        }
        await server.RunAsync(cancellation).ConfigureAwait(false);
    }
}

/// <summary>Makes the DNS proxy of a sidecar that captures DNS.</summary>
internal static class DnsProxyFactory
{
    private const string Default = "localhost:15053";

    /// <summary>Null when DNS is not captured.</summary>
    public static DnsProxy? Create(AgentOptions options)
    {
        if (options.Role != "sidecar" || options.Variable("ISTIO_META_DNS_CAPTURE", "false") != "true" || options.XdsFile is not null)
        {
            return null;
        }
        ResolvConf conf = ResolvConf.Parse(File.ReadLines(Path.Combine(options.Root, "etc/resolv.conf")));
        DnsResolver resolver = new(new DnsUpstream(conf.Servers), options.Namespace, options.Domain, conf.Search, Random.Shared);
        return new DnsProxy(resolver, Addresses(options.Variable("DNS_PROXY_ADDR", Default), conf));
    }

    // localhost is the loopback address of each family that resolv.conf has a server of: only those queries are redirected.
    private static List<IPEndPoint> Addresses(string address, ResolvConf conf)
    {
        int colon = address.LastIndexOf(':');
        int port = int.Parse(address.AsSpan(colon + 1), System.Globalization.CultureInfo.InvariantCulture);
        if (IPAddress.TryParse(address[..colon].Trim('[', ']'), out IPAddress? literal))
        {
            return [new IPEndPoint(literal, port)];
        }
        List<IPEndPoint> addresses = [];
        if (conf.Servers.Any(s => s.AddressFamily == AddressFamily.InterNetwork) || conf.Servers.Count == 0)
        {
            addresses.Add(new IPEndPoint(IPAddress.Loopback, port));
        }
        if (conf.Servers.Any(s => s.AddressFamily == AddressFamily.InterNetworkV6))
        {
            addresses.Add(new IPEndPoint(IPAddress.IPv6Loopback, port));
        }
        return addresses;
    }
}
