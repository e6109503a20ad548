using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Lateen.Sandbox.Network;

/// <summary>The kernel rules that make ClusterIPs work, as input of iptables-restore.</summary>
/// <remarks>
/// For each service port a chain spreads new connections evenly over one chain per endpoint, which rewrites the destination.
/// A connection keeps its endpoint by connection tracking. What still has a service address when it is forwarded has no ready
/// endpoint, or no such port, and is refused. A pod that reaches itself gets the gateway as source, else the answer would not pass by us.
/// </remarks>
internal static class ServiceRules
{
    private const string HairpinMark = "0x4000/0x4000";

    /// <summary>The tables nat and filter, whole.</summary>
    public static string Build(NetworkOptions options, IEnumerable<ServiceTarget> targets)
    {
        StringBuilder chains = new();
        StringBuilder dispatch = new();
        StringBuilder rules = new();
        foreach (ServiceTarget target in targets.Where(t => t.Endpoints.Count > 0).OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            string service = Chain("SVC", target.Name);
            chains.Append($":{service} - [0:0]\n");
            foreach (IPAddress address in target.External.Prepend(target.Address))
            {
                dispatch.Append(
                    $"-A LATEEN-SERVICES -d {address}/32 -p {target.Protocol} -m {target.Protocol} --dport {Number(target.Port)} -m comment --comment \"{target.Name}\" -j {service}\n");
            }

            if (target.NodePort > 0)
            {
                dispatch.Append(
                    $"-A LATEEN-SERVICES -p {target.Protocol} -m {target.Protocol} --dport {Number(target.NodePort)} -m addrtype --dst-type LOCAL -m comment --comment \"{target.Name}\" -j {service}\n");
            }

            for (int index = 0; index < target.Endpoints.Count; index++)
            {
                IPEndPoint endpoint = target.Endpoints[index];
                string chain = Chain("SEP", $"{target.Name}/{endpoint}");
                chains.Append($":{chain} - [0:0]\n");
                rules.Append($"-A {service}{Share(target.Endpoints.Count - index)} -j {chain}\n");
                rules.Append($"-A {chain} -s {endpoint.Address}/32 -j MARK --set-xmark {HairpinMark}\n");
                rules.Append($"-A {chain} -p {target.Protocol} -m {target.Protocol} -j DNAT --to-destination {endpoint}\n");
            }
        }

        return $"""
            *nat
            :PREROUTING ACCEPT [0:0]
            :INPUT ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :LATEEN-SERVICES - [0:0]
            {chains}-A PREROUTING -j LATEEN-SERVICES
            -A OUTPUT -j LATEEN-SERVICES
            -A POSTROUTING -m mark --mark {HairpinMark} -j MASQUERADE
            {dispatch}{rules}COMMIT
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            -A FORWARD -d {options.ServiceCidr} -j REJECT --reject-with icmp-port-unreachable
            -A OUTPUT -d {options.ServiceCidr} -j REJECT --reject-with icmp-port-unreachable
            COMMIT

            """;
    }

    // The first of n endpoints takes 1/n, the first of those left 1/(n-1), ..., the last what comes to it.
    private static string Share(int left) => left == 1
        ? ""
        : $" -m statistic --mode random --probability {(1.0 / left).ToString("F10", CultureInfo.InvariantCulture)}";

    // Chain names have at most 28 characters; a name that long is a digest.
    private static string Chain(string kind, string name) =>
        $"LATEEN-{kind}-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..16]}";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
