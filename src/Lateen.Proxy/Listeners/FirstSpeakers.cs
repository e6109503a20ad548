using System.Collections.Concurrent;
using Lateen.Net.Sockets;

namespace Lateen.Proxy.Listeners;

/// <summary>Who has spoken first, by client address and destination: what the next silent connection between them is likely to wait for.</summary>
/// <remarks>
/// Looked at once per silent connection, by every thread. Bounded: when it is full it begins anew, which costs a wait or a needless connection for each pair.
/// </remarks>
internal sealed class FirstSpeakers
{
    private const int Maximum = 4096;

    private readonly ConcurrentDictionary<(IpEndpoint Client, IpEndpoint Destination), bool> _isClient = new();

    /// <summary>True: the client; false: the server; null: not known.</summary>
    public bool? WasClient(in IpEndpoint client, in IpEndpoint destination) =>
        _isClient.TryGetValue((client.WithPort(0), destination), out bool isClient) ? isClient : null;

    /// <summary>Keeps what the last connection has shown.</summary>
    public void Note(in IpEndpoint client, in IpEndpoint destination, bool isClient)
    {
        (IpEndpoint, IpEndpoint) pair = (client.WithPort(0), destination);
        if (_isClient.TryGetValue(pair, out bool known) && known == isClient)
        {
            return;
        }
        if (_isClient.Count >= Maximum)
        {
            _isClient.Clear();
        }
        _isClient[pair] = isClient;
    }
}
