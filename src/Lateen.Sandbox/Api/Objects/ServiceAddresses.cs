using System.Net;
using Lateen.Sandbox.Network;
using Lateen.Sandbox.Store;

namespace Lateen.Sandbox.Api.Objects;

/// <summary>Hands out cluster addresses and node ports that no stored Service holds.</summary>
/// <remarks>
/// There is no allocation table: a free value is one that no Service has. Two requests at the same time could pick the same
/// one, so values handed out are remembered for as long as the process lives.
/// </remarks>
internal sealed class ServiceAddresses(ObjectStore store, IPNetwork network)
{
    private const int FirstNodePort = 30000;
    private const int LastNodePort = 32767;

    // As Kubernetes does (KEP-3070), the first 256 addresses of a large range are left to those who ask for one by number.
    private const uint StaticBand = 256;

    private readonly Lock _lock = new();
    private uint _nextAddress = StaticBand;
    private int _nextPort = FirstNodePort;

    public bool Contains(string address) => IPAddress.TryParse(address, out var parsed) && network.Contains(parsed);

    public IPNetwork Network => network;

    /// <summary>True when a Service holds the address.</summary>
    public bool IsTaken(string address) => UsedAddresses().Contains(address);

    public string AllocateAddress()
    {
        lock (_lock)
        {
            var used = UsedAddresses();
            // The last ones are those of load balancers.
            var size = (uint)(1UL << (32 - network.PrefixLength)) - NetworkOptions.LoadBalancerBand;
            for (uint tried = 0; tried < size; tried++)
            {
                var offset = _nextAddress;
                _nextAddress = _nextAddress + 1 >= size - 1 ? 1 : _nextAddress + 1;
                var address = At(offset);
                if (offset > 0 && offset < size - 1 && !used.Contains(address))
                {
                    return address;
                }
            }
        }

        throw ApiException.Internal($"failed to allocate a serviceIP: range {network} is full");
    }

    /// <summary>Why a Service may not have a node port that it asks for; null when it may.</summary>
    public string? NodePortProblem(long port) =>
        port is < FirstNodePort or > LastNodePort
            ? $"provided port is not in the valid range. The range of valid ports is {FirstNodePort}-{LastNodePort}"
            : UsedNodePorts().Contains(port) ? "provided port is already allocated" : null;

    public int AllocateNodePort()
    {
        lock (_lock)
        {
            var used = UsedNodePorts();
            for (var tried = 0; tried <= LastNodePort - FirstNodePort; tried++)
            {
                var port = _nextPort;
                _nextPort = _nextPort == LastNodePort ? FirstNodePort : _nextPort + 1;
                if (!used.Contains(port))
                {
                    return port;
                }
            }
        }

        throw ApiException.Internal("failed to allocate a nodePort: range is full");
    }

    /// <summary>The address with this number inside the range.</summary>
    public string At(uint offset)
    {
        var bytes = network.BaseAddress.GetAddressBytes();
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes) + offset;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes).ToString();
    }

    private HashSet<long> UsedNodePorts() => store.List("services", null).Items
        .SelectMany(s => s.Root.Items("spec", "ports")).Select(p => p.Number("nodePort") ?? 0).ToHashSet();

    private HashSet<string> UsedAddresses() =>
        store.List("services", null).Items.Select(s => s.Root.Text("spec", "clusterIP") ?? "").ToHashSet(StringComparer.Ordinal);
}
