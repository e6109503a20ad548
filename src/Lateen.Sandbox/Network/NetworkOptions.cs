using System.Net;

namespace Lateen.Sandbox.Network;

/// <summary>The names and addresses of one mesh's network; two meshes on a machine differ in all of them.</summary>
/// <remarks>
/// One network namespace, the node, holds the bridge that pods hang on, the rules that make ClusterIPs work, and one end
/// of the veth that joins it to the host. The last four addresses of the pod range belong to that veth.
/// </remarks>
public sealed record NetworkOptions
{
    /// <summary>How many addresses at the end of the service range are kept for load balancers.</summary>
    internal const int LoadBalancerBand = 32;

    /// <summary>The mesh's name: 1 to 11 lower-case letters, digits or dashes, so that interface names stay within 15 characters. Default <c>lateen</c>.</summary>
    public string Mesh { get; init; } = "lateen";

    /// <summary>The pods' addresses, a /24 or larger. Default 10.244.0.0/16.</summary>
    public IPNetwork PodCidr { get; init; } = new(new IPAddress([10, 244, 0, 0]), 16);

    /// <summary>The services' addresses, a /24 or larger. Default 10.96.0.0/16.</summary>
    public IPNetwork ServiceCidr { get; init; } = new(new IPAddress([10, 96, 0, 0]), 16);

    /// <summary>The namespace that stands for the node.</summary>
    public string NodeNamespace => $"{Mesh}-node";

    /// <summary>What the names of pods' namespaces start with.</summary>
    public string PodNamespacePrefix => $"{Mesh}-pod-";

    /// <summary>The host's end of the veth to the node.</summary>
    public string HostInterface => $"{Mesh}-h";

    /// <summary>The bridge's address, the pods' gateway.</summary>
    public IPAddress Gateway => Address(PodCidr, 1);

    /// <summary>The node's end of the veth to the host.</summary>
    public IPAddress NodeAddress => Address(PodCidr, Size(PodCidr) - 3);

    /// <summary>The host's end: where pods reach the API server and the DNS server, and where probes come from.</summary>
    public IPAddress HostAddress => Address(PodCidr, Size(PodCidr) - 2);

    /// <summary>The ClusterIP of the service <c>kubernetes</c>.</summary>
    public IPAddress ApiServiceAddress => Address(ServiceCidr, 1);

    /// <summary>The ClusterIP of the service <c>kube-dns</c>.</summary>
    public IPAddress DnsServiceAddress => Address(ServiceCidr, 10);

    /// <summary>The last addresses of the service range, which no ClusterIP is taken from: those of Services of type LoadBalancer.</summary>
    public IReadOnlyList<IPAddress> LoadBalancerAddresses =>
        [.. Enumerable.Range(0, LoadBalancerBand).Select(i => Address(ServiceCidr, Size(ServiceCidr) - 1 - LoadBalancerBand + (uint)i))];

    /// <summary>The namespace of a pod.</summary>
    /// <param name="uid">The pod's uid; its first 8 characters go into the name.</param>
    public string PodNamespace(string uid) => PodNamespacePrefix + Short(uid);

    /// <summary>The node's end of a pod's veth.</summary>
    public static string PodInterface(string uid) => "p" + Short(uid);

    /// <summary>The address at an offset from the start of a range.</summary>
    internal static IPAddress Address(IPNetwork range, uint offset)
    {
        byte[] bytes = range.BaseAddress.GetAddressBytes();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(
            bytes, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + offset);
        return new IPAddress(bytes);
    }

    /// <summary>How many addresses a range has.</summary>
    internal static uint Size(IPNetwork range) => 1u << (32 - range.PrefixLength);

    /// <summary>Says what is wrong with the options.</summary>
    /// <exception cref="ArgumentException">A name or range can not be used; the message says which and why.</exception>
    public void Validate()
    {
        if (Mesh.Length is < 1 or > 11 || !Mesh.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw new ArgumentException($"mesh name '{Mesh}': 1 to 11 lower-case letters, digits or dashes are needed");
        }

        foreach ((string name, IPNetwork range) in new[] { ("pod", PodCidr), ("service", ServiceCidr) })
        {
            if (range.BaseAddress.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork || range.PrefixLength is < 8 or > 24)
            {
                throw new ArgumentException($"{name} range {range}: an IPv4 range between /8 and /24 is needed");
            }
        }

        if (PodCidr.Contains(ServiceCidr.BaseAddress) || ServiceCidr.Contains(PodCidr.BaseAddress))
        {
            throw new ArgumentException($"pod range {PodCidr} and service range {ServiceCidr} overlap");
        }
    }

    private static string Short(string uid) => uid.Length > 8 ? uid[..8] : uid;
}
