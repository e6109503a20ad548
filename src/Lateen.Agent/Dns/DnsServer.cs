using System.Net;
using System.Net.Sockets;

namespace Lateen.Agent.Dns;

/// <summary>The sockets of the DNS proxy: UDP and TCP on each address, queries answered side by side.</summary>
internal sealed class DnsServer(DnsResolver resolver, IReadOnlyList<IPEndPoint> addresses) : IDisposable
{
    private const int MaximumQuery = 4096, Backlog = 64;
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private readonly List<Socket> _udp = [];
    private readonly List<Socket> _tcp = [];

    /// <summary>Where it listens, once open.</summary>
    public IReadOnlyList<IPEndPoint> Addresses => [.. _udp.Select(s => (IPEndPoint)s.LocalEndPoint!)];

    /// <exception cref="SocketException">An address cannot be had.</exception>
    public void Open()
    {
        foreach (IPEndPoint address in addresses)
        {
            Socket udp = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            _udp.Add(udp);
            udp.Bind(address);
            Socket tcp = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _tcp.Add(tcp);
            tcp.Bind((IPEndPoint)udp.LocalEndPoint!);
            tcp.Listen(Backlog);
        }
    }

    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll([.. _udp.Select(s => ServeUdpAsync(s, cancellation)), .. _tcp.Select(s => ServeTcpAsync(s, cancellation))]);

    public void Dispose()
    {
        foreach (Socket socket in _udp.Concat(_tcp))
        {
            socket.Dispose();
        }
    }

    private async Task ServeUdpAsync(Socket socket, CancellationToken cancellation)
    {
        byte[] buffer = new byte[MaximumQuery];
        IPEndPoint any = new(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        List<Task> running = [];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult got = await socket.ReceiveFromAsync(buffer, any, cancellation).ConfigureAwait(false);
                byte[] query = buffer[..got.ReceivedBytes];
                running.RemoveAll(t => t.IsCompleted);
                running.Add(AnswerAsync(socket, query, got.RemoteEndPoint, cancellation));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // A client that is gone is reported on the server's socket; the next one is served.
            }
        }
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task AnswerAsync(Socket socket, byte[] query, EndPoint client, CancellationToken cancellation)
    {
        try
        {
            if (await resolver.AnswerAsync(query, overTcp: false, cancellation).ConfigureAwait(false) is { } answer)
            {
                await socket.SendToAsync(answer, client, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone, or we are.
        }
    }

    private async Task ServeTcpAsync(Socket listener, CancellationToken cancellation)
    {
        List<Task> running = [];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(cancellation).ConfigureAwait(false);
                running.RemoveAll(t => t.IsCompleted);
                running.Add(ServeClientAsync(client, cancellation));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // A connection that broke before it was accepted.
            }
        }
        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task ServeClientAsync(Socket client, CancellationToken cancellation)
    {
        using NetworkStream stream = new(client, ownsSocket: true);
        try
        {
            while (true)
            {
                using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(IdleLimit);
                if (await DnsStream.ReadAsync(stream, limit.Token).ConfigureAwait(false) is not { } query
                    || await resolver.AnswerAsync(query, overTcp: true, limit.Token).ConfigureAwait(false) is not { } answer)
                {
                    return;
                }
                await DnsStream.WriteAsync(stream, answer, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client is gone or said nothing for too long.
        }
    }
}
