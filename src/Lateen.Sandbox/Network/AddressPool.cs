using System.Net;

namespace Lateen.Sandbox.Network;

/// <summary>Hands out pod addresses, each next one after the last, so that an address comes back as late as possible.</summary>
/// <remarks>The first two and the last four addresses of the range are the network's own. Thread-safe.</remarks>
internal sealed class AddressPool(IPNetwork range)
{
    private const uint First = 2;

    private readonly Lock _lock = new();
    private readonly HashSet<IPAddress> _used = [];
    private readonly uint _last = NetworkOptions.Size(range) - 5;
    private uint _next = First;

    /// <summary>Takes a free address; null when all are in use.</summary>
    public IPAddress? Take()
    {
        lock (_lock)
        {
            for (uint tried = First; tried <= _last; tried++)
            {
                IPAddress candidate = NetworkOptions.Address(range, _next);
                _next = _next == _last ? First : _next + 1;
                if (_used.Add(candidate))
                {
                    return candidate;
                }
            }

            return null;
        }
    }

    /// <summary>Gives an address back.</summary>
    public void Return(IPAddress address)
    {
        lock (_lock)
        {
            _used.Remove(address);
        }
    }
}
