namespace Lateen.Proxy.TransportSockets;

/// <summary>One of a cluster's transport_socket_matches: endpoints whose metadata holds every pair use this socket.</summary>
/// <param name="Wanted">Pairs of the endpoint's envoy.transport_socket_match; empty matches every endpoint.</param>
/// <param name="Socket">Null is raw_buffer.</param>
internal sealed record TransportMatch((string Key, string Value)[] Wanted, UpstreamSocket? Socket)
{
    public bool Matches((string Key, string Value)[] endpoint)
    {
        foreach ((string, string) pair in Wanted)
        {
            if (Array.IndexOf(endpoint, pair) < 0)
            {
                return false;
            }
        }
        return true;
    }
}
