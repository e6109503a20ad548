using System.Net;

namespace Lateen.Sandbox.Network;

/// <summary>Makes and removes the network namespaces of pods.</summary>
/// <remarks>
/// A pod has a /32 address and its default route through the bridge's address, so that also pods of one bridge reach each
/// other by way of the node's routing, where the service rules see both directions.
/// </remarks>
internal sealed class PodNetwork(NetworkOptions options, ICommandRunner runner)
{
    /// <summary>Makes a pod's namespace with its interface eth0.</summary>
    /// <exception cref="CommandException">A step failed; call <see cref="RemoveAsync"/> before trying again.</exception>
    public async Task CreateAsync(string uid, IPAddress address, CancellationToken cancellation)
    {
        string pod = options.PodNamespace(uid);
        string port = NetworkOptions.PodInterface(uid);
        await runner.RequireAsync(new Command("ip", "netns", "add", pod), cancellation);
        await runner.RequireAsync(
            new Command("ip", "-n", options.NodeNamespace, "-batch", "-")
            {
                Input = $"""
                    link add {port} type veth peer name eth0 netns {pod}
                    link set {port} master pods
                    link set {port} up

                    """,
            },
            cancellation);
        await runner.RequireAsync(
            new Command("ip", "-n", pod, "-batch", "-")
            {
                Input = $"""
                    link set lo up
                    addr add {address}/32 dev eth0
                    link set eth0 up
                    route add default via {options.Gateway} dev eth0 onlink

                    """,
            },
            cancellation);
        // Containers may bind low ports under any user, as container runtimes have it.
        await Sysctl.SetAsync(runner, pod, [("ipv4/ip_unprivileged_port_start", "0")], cancellation);
    }

    /// <summary>Removes a pod's namespace, if there is one; its veth goes with it.</summary>
    public Task RemoveAsync(string uid, CancellationToken cancellation) =>
        runner.RunAsync(new Command("ip", "netns", "del", options.PodNamespace(uid)), cancellation);
}
