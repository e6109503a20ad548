using System.Net;
using System.Net.Sockets;

namespace Lateen.Sandbox.Dns;

/// <summary>Asks the host's name servers about names that are not the cluster's.</summary>
internal sealed class DnsForwarder(IReadOnlyList<IPAddress> servers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The name servers that a resolv.conf(5) names.</summary>
    public static IReadOnlyList<IPAddress> Servers(string resolvConf) =>
        [.. resolvConf.Split('\n')
            .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["nameserver", _, ..])
            .Select(words => IPAddress.TryParse(words[1], out IPAddress? address) ? address : null)
            .OfType<IPAddress>()];

    /// <summary>The first server's answer; null when none answers within a second each.</summary>
    public async Task<byte[]?> AskAsync(ReadOnlyMemory<byte> request, CancellationToken cancellation)
    {
        foreach (IPAddress server in servers.Take(2))
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(Patience);
            try
            {
                using UdpClient client = new(server.AddressFamily);
                client.Connect(server, 53);
                await client.SendAsync(request, limit.Token);
                while (true)
                {
                    UdpReceiveResult answer = await client.ReceiveAsync(limit.Token);
                    // The id must be the request's (RFC 5452 9.1); the socket is connected, so the sender is the server.
                    if (answer.Buffer.Length >= 12 && answer.Buffer.AsSpan(0, 2).SequenceEqual(request.Span[..2]))
                    {
                        return answer.Buffer;
                    }
                }
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
            {
                // The next one may answer.
            }
        }

        return null;
    }
}
