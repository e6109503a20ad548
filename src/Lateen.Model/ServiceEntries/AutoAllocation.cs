using System.Text;
using Lateen.Model.Services;

namespace Lateen.Model.ServiceEntries;

/// <summary>Gives addresses of 240.240.0.0/16 (and of 2001:2::/48) to ServiceEntry hosts without one, so that they can be told apart.</summary>
/// <remarks>
/// Deterministic: the slot follows from namespace and host alone, except where two of them collide; then the later entry moves on
/// by a second hash. Every entry of one host gets the same address. Istio, "DNS Proxying", address auto allocation.
/// </remarks>
internal static class AutoAllocation
{
    private const int Slots = 255 * 255;
    private const int SecondPrime = 65011;
    private const int HostsPerBlock = 254;

    public static List<Service> Assign(List<Service> services)
    {
        var slots = new Dictionary<ServiceKey, int>();
        var taken = new HashSet<int>();
        foreach (var service in services.Where(NeedsAddress))
        {
            if (taken.Count == Slots)
            {
                break;
            }

            var first = (int)(Hash($"{service.Namespace}/{service.Hostname}") % Slots);
            var step = SecondPrime - (int)(Hash($"{service.Namespace}/{service.Hostname}") % SecondPrime);
            var slot = first;
            for (var i = 1; !taken.Add(slot) && i < Slots; i++)
            {
                slot = (int)((first + ((long)i * step)) % Slots);
            }

            slots[service.Key] = slot;
        }

        return services.ConvertAll(s => slots.TryGetValue(s.Key, out var slot) && NeedsAddress(s)
            ? s with { AutoAllocatedAddresses = Addresses(slot) }
            : s);
    }

    /// <summary>Without a known set of endpoints the original address is all there is: none is made up for NONE.</summary>
    private static bool NeedsAddress(Service service) =>
        service.Addresses.IsEmpty && service.Resolution != Resolution.Passthrough && !HostName.IsWildcard(service.Hostname);

    private static EquatableArray<string> Addresses(int slot)
    {
        var (third, fourth) = (slot / HostsPerBlock, (slot % HostsPerBlock) + 1);
        return [$"240.240.{third}.{fourth}", $"2001:2::f0f0:{third:x}{fourth:x}"];
    }

    /// <summary>FNV-1a, 32 bit.</summary>
    private static uint Hash(string text)
    {
        var hash = 0x811c9dc5u;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ b) * 0x01000193u);
        }

        return hash;
    }
}
