namespace Lateen.Sandbox.Network;

/// <summary>The node's network namespace: bridge, forwarding, and the veth to the host.</summary>
/// <remarks>Everything stands in the namespace or hangs on a veth of it, so deleting the namespace deletes all; the host's own rules are not touched.</remarks>
internal sealed class NodeNetwork(NetworkOptions options, ICommandRunner runner)
{
    private const string Bridge = "pods";

    /// <summary>Makes the node's namespace.</summary>
    /// <exception cref="CommandException">A step failed; what was made before it is left for <see cref="NetworkCleanup"/>.</exception>
    public async Task CreateAsync(CancellationToken cancellation)
    {
        string node = options.NodeNamespace;
        await runner.RequireAsync(new Command("ip", "netns", "add", node), cancellation);
        await runner.RequireAsync(
            new Command("ip", "-batch", "-")
            {
                Input = $"""
                    link add {options.HostInterface} type veth peer name host netns {node}
                    addr add {options.HostAddress}/30 dev {options.HostInterface}
                    link set {options.HostInterface} up

                    """,
            },
            cancellation);
        await runner.RequireAsync(
            new Command("ip", "-n", node, "-batch", "-")
            {
                Input = $"""
                    link set lo up
                    link add {Bridge} type bridge forward_delay 0
                    addr add {options.Gateway}/{options.PodCidr.PrefixLength} dev {Bridge}
                    link set {Bridge} up
                    addr add {options.NodeAddress}/30 dev host
                    link set host up
                    route add default via {options.HostAddress} dev host

                    """,
            },
            cancellation);
        await Sysctl.SetAsync(
            runner,
            node,
            [
                ("ipv4/ip_forward", "1"),
                // Pods reach each other through the gateway on purpose: telling them a shorter way would bypass the service rules.
                ("ipv4/conf/all/send_redirects", "0"),
                ($"ipv4/conf/{Bridge}/send_redirects", "0"),
                ("ipv4/conf/host/send_redirects", "0"),
                // 2 = loose: an answer may leave by another interface than its request came in.
                ("ipv4/conf/all/rp_filter", "2"),
                ($"ipv4/conf/{Bridge}/rp_filter", "2"),
                ("ipv4/conf/host/rp_filter", "2"),
            ],
            cancellation);
        await runner.RequireAsync(
            new Command("ip", "-batch", "-")
            {
                Input = $"""
                    route add {options.PodCidr} via {options.NodeAddress} dev {options.HostInterface}
                    route add {options.ServiceCidr} via {options.NodeAddress} dev {options.HostInterface}

                    """,
            },
            cancellation);
    }
}
