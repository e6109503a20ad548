using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Dns;

/// <summary>Serves the cluster's names over UDP and TCP (RFC 1035 4.2).</summary>
internal sealed class DnsServer : IDisposable
{
    private const int MaximumConnections = 64;
    private const int MaximumForwards = 256;
    private static readonly TimeSpan IdleLimit = TimeSpan.FromSeconds(10);

    private readonly ClusterZone _zone;
    private readonly DnsForwarder _forwarder;
    private readonly ILogger _logger;
    private readonly Socket _datagrams;
    private readonly Socket _listener;
    private readonly SemaphoreSlim _connections = new(MaximumConnections);
    private readonly SemaphoreSlim _forwards = new(MaximumForwards);

    /// <summary>Binds both sockets.</summary>
    /// <param name="port">The port; 0 takes a free one.</param>
    public DnsServer(ClusterZone zone, DnsForwarder forwarder, IPAddress address, int port, ILogger logger)
    {
        (_zone, _forwarder, _logger) = (zone, forwarder, logger);
        _datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        _datagrams.Bind(new IPEndPoint(address, port));
        EndPoint = (IPEndPoint)_datagrams.LocalEndPoint!;
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(EndPoint);
        _listener.Listen(128);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Answers until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(ServeDatagramsAsync(cancellation), ServeConnectionsAsync(cancellation));

    public void Dispose()
    {
        _datagrams.Dispose();
        _listener.Dispose();
        _connections.Dispose();
        _forwards.Dispose();
    }

    private async Task ServeDatagramsAsync(CancellationToken cancellation)
    {
        byte[] buffer = new byte[4096];
        HashSet<Task> running = [];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult received = await _datagrams.ReceiveFromAsync(
                    buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancellation);
                Task answering = AnswerDatagramAsync(buffer[..received.ReceivedBytes], received.RemoteEndPoint, cancellation);
                running.RemoveWhere(task => task.IsCompleted);
                if (!answering.IsCompleted)
                {
                    running.Add(answering);
                }
            }
            catch (SocketException error)
            {
                // An asker that is gone shows up here (ICMP); the socket itself is well.
                DnsLog.Failed(_logger, error.Message);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
        }

        await Task.WhenAll(running);
    }

    private async Task AnswerDatagramAsync(byte[] request, EndPoint asker, CancellationToken cancellation)
    {
        try
        {
            if (await AnswerAsync(request, overDatagram: true, cancellation) is { } answer)
            {
                await _datagrams.SendToAsync(answer, SocketFlags.None, asker, cancellation);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            DnsLog.Failed(_logger, error.Message);
        }
    }

    private async Task ServeConnectionsAsync(CancellationToken cancellation)
    {
        HashSet<Task> running = [];
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await _connections.WaitAsync(cancellation);
                Socket connection = await _listener.AcceptAsync(cancellation);
                running.RemoveWhere(task => task.IsCompleted);
                running.Add(ServeConnectionAsync(connection, cancellation));
            }
            catch (SocketException error)
            {
                _connections.Release();
                DnsLog.Failed(_logger, error.Message);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
        }

        await Task.WhenAll(running);
    }

    private async Task ServeConnectionAsync(Socket connection, CancellationToken cancellation)
    {
        try
        {
            await using NetworkStream stream = new(connection, ownsSocket: true);
            byte[] length = new byte[2];
            while (true)
            {
                using CancellationTokenSource idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                idle.CancelAfter(IdleLimit);
                await stream.ReadExactlyAsync(length, idle.Token);
                byte[] request = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(request, idle.Token);
                if (await AnswerAsync(request, overDatagram: false, idle.Token) is not { } answer)
                {
                    return;
                }

                byte[] framed = new byte[answer.Length + 2];
                BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)answer.Length);
                answer.CopyTo(framed, 2);
                await stream.WriteAsync(framed, idle.Token);
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The asker went, or was idle for too long.
        }
        finally
        {
            _connections.Release();
        }
    }

    // Null: no answer at all, because what came is no request.
    private async Task<byte[]?> AnswerAsync(byte[] request, bool overDatagram, CancellationToken cancellation)
    {
        if (DnsMessage.ReadQuestion(request, out int size) is not { } question)
        {
            bool isRequest = request.Length >= 12 && (request[2] & 0x80) == 0;
            return isRequest ? DnsMessage.WriteFailure(request, DnsCode.FormatError) : null;
        }

        if (_zone.Answer(question) is { } answer)
        {
            return DnsMessage.WriteAnswer(request, answer, _zone.Domain, overDatagram ? size : ushort.MaxValue);
        }

        if (!await _forwards.WaitAsync(0, cancellation))
        {
            return DnsMessage.WriteFailure(request, DnsCode.ServerFailure);
        }

        try
        {
            return await _forwarder.AskAsync(request, cancellation) ?? DnsMessage.WriteFailure(request, DnsCode.ServerFailure);
        }
        finally
        {
            _forwards.Release();
        }
    }
}
