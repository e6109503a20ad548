using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Lateen.Model.Networking;

namespace Lateen.Translation.EnvoyFilters;

/// <summary>The conditions of a patch on listeners and what is in them. Each assumes that the outer ones hold.</summary>
internal static class ListenerConditions
{
    public static bool Matches(EnvoyPatch patch, Listener listener)
    {
        if (patch.Match.Listener is not { } match)
        {
            return true;
        }

        if (match.Name.Length > 0 && match.Name != listener.Name)
        {
            return false;
        }

        // Inside of the capture listeners the port is one of their chains' conditions.
        if (patch.ApplyTo != EnvoyFilterApplyTo.Listener && IsCapture(listener))
        {
            return true;
        }

        return match.PortNumber == 0 || listener.Address?.SocketAddress?.PortValue == match.PortNumber;
    }

    public static bool Matches(EnvoyPatch patch, Listener listener, FilterChain chain)
    {
        if (patch.Match.Listener is not { } outer)
        {
            return true;
        }

        var condition = chain.FilterChainMatch;
        if (IsCapture(listener) && outer.PortNumber > 0 && condition?.DestinationPort != outer.PortNumber)
        {
            return false;
        }

        if (outer.FilterChain is not { } match)
        {
            return true;
        }

        return (match.Name.Length == 0 || match.Name == chain.Name)
            && (match.Sni.Length == 0 || condition?.ServerNames.Contains(match.Sni) == true)
            && (match.TransportProtocol.Length == 0 || condition?.TransportProtocol == match.TransportProtocol)
            && (match.ApplicationProtocols.Length == 0
                || (condition is not null && match.ApplicationProtocols.Split(',').All(condition.ApplicationProtocols.Contains)))
            && (match.DestinationPort == 0 || condition?.DestinationPort == match.DestinationPort);
    }

    public static bool NamesListenerFilter(EnvoyPatch patch) => patch.Match.Listener?.ListenerFilter.Length > 0;

    public static bool NamesNetworkFilter(EnvoyPatch patch) => patch.Match.Listener?.FilterChain?.FilterName is not null;

    public static bool NamesHttpFilter(EnvoyPatch patch) =>
        NamesNetworkFilter(patch) && patch.Match.Listener!.FilterChain!.SubFilterName is not null;

    public static bool Matches(EnvoyPatch patch, ListenerFilter filter) =>
        !NamesListenerFilter(patch) || patch.Match.Listener!.ListenerFilter == filter.Name;

    public static bool Matches(EnvoyPatch patch, Filter filter) =>
        !NamesNetworkFilter(patch) || patch.Match.Listener!.FilterChain!.FilterName == filter.Name;

    public static bool Matches(EnvoyPatch patch, HttpFilter filter) =>
        !NamesHttpFilter(patch) || patch.Match.Listener!.FilterChain!.SubFilterName == filter.Name;

    private static bool IsCapture(Listener listener) => listener.Name is Naming.VirtualInbound or Naming.VirtualOutbound;
}
