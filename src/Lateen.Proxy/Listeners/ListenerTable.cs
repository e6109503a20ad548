using System.Collections.Frozen;
using Lateen.Net.Sockets;

namespace Lateen.Proxy.Listeners;

/// <summary>Every listener by its address, for the hand-off of redirected connections. Immutable, published as a whole.</summary>
internal sealed class ListenerTable
{
    public static readonly ListenerTable Empty = new([]);

    private readonly FrozenDictionary<IpEndpoint, ListenerRuntime> _exact;

    public ListenerTable(IEnumerable<ListenerRuntime> listeners)
    {
        All = [.. listeners];
        Dictionary<IpEndpoint, ListenerRuntime> byAddress = [];
        foreach (ListenerRuntime listener in All)
        {
            byAddress[listener.Address] = listener;
        }
        _exact = byAddress.ToFrozenDictionary();
    }

    public IReadOnlyList<ListenerRuntime> All { get; }

    /// <summary>The listener of ip:port, else that of the wildcard address with that port; null if there is none.</summary>
    public ListenerRuntime? Find(in IpEndpoint destination)
    {
        if (_exact.TryGetValue(destination, out ListenerRuntime? exact))
        {
            return exact;
        }
        IpEndpoint any = destination.IsIpv6
            ? IpEndpoint.From(System.Net.IPAddress.IPv6Any, destination.Port)
            : IpEndpoint.FromV4(0, destination.Port);
        return _exact.GetValueOrDefault(any) ?? (destination.IsIpv6 ? _exact.GetValueOrDefault(IpEndpoint.FromV4(0, destination.Port)) : null);
    }
}
