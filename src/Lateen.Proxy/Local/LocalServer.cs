using System.Net;
using Lateen.Net.Sockets;
using Lateen.Proxy.Workers;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Local;

/// <summary>The local listeners: sockets on the first loop, handlers on the thread pool.</summary>
internal sealed class LocalServer(ProxyWorker worker, ILogger logger)
{
    private readonly Dictionary<string, (IpEndpoint Address, ListenSocket Socket)> _open = [];

    /// <exception cref="InvalidOperationException">An address cannot be had.</exception>
    public void Open(IReadOnlyList<LocalListener> listeners)
    {
        foreach (LocalListener listener in listeners)
        {
            IpEndpoint address = IpEndpoint.From(listener.Address.Address, listener.Address.Port);
            int fd = SocketCalls.Listen(address, ListenFlags.None);
            if (fd < 0)
            {
                throw new InvalidOperationException(
                    $"Local listener {listener.Name} cannot listen on {address}: {LibC.ErrorText(-fd)}. Is another sidecar running here?");
            }
            ListenSocket socket = new(worker.Loop, new Acceptor(worker, listener, logger));
            lock (_open)
            {
                _open[listener.Name] = (SocketCalls.LocalAddress(fd), socket);
            }
            worker.Loop.Post(() => socket.Start(fd));
        }
    }

    public IPEndPoint? AddressOf(string name)
    {
        lock (_open)
        {
            return _open.TryGetValue(name, out (IpEndpoint Address, ListenSocket) found) ? found.Address.ToIPEndPoint() : null;
        }
    }

    /// <summary>After the loops have ended.</summary>
    public void Close()
    {
        foreach ((_, ListenSocket socket) in _open.Values)
        {
            socket.Stop();
        }
    }

    private sealed class Acceptor(ProxyWorker worker, LocalListener listener, ILogger logger) : IAcceptHandler
    {
        public void OnAccepted(EventLoop loop, int fd, in IpEndpoint remote) =>
            new LocalConnection(worker, listener, logger, remote).Start(fd);
    }
}
