using System.Net;
using System.Net.Sockets;
using Lateen.Interception.Apply;
using Lateen.Interception.Probe;

namespace Lateen.ScenarioTests.Interception;

/// <summary>What happened to a connection or datagram.</summary>
/// <param name="Place">pod or outside.</param>
/// <param name="Port">The port of the socket that got it (in the pod).</param>
/// <param name="Destination">Where it was sent to, as the receiver can tell; null for datagrams.</param>
internal sealed record Arrival(string Place, int Port, IPEndPoint? Destination)
{
    public override string ToString() => $"{Place} port {Port} for {Destination}";
}

/// <summary>
/// A pod (eth0, eth1; listeners on every port of <see cref="Ports"/>, IPv4 and IPv6) and the world outside, which answers for every address of
/// 10.99/16 and 2001:db8:99::/48: two network namespaces and real packets.
/// </summary>
internal sealed class PodLab : IDisposable
{
    public static readonly IPAddress PodV4 = IPAddress.Parse("10.66.0.2");
    public static readonly IPAddress PodV6 = IPAddress.Parse("fd66::2");
    public static readonly IPAddress PodV4Second = IPAddress.Parse("10.67.0.2");
    public static readonly IPAddress PodV6Second = IPAddress.Parse("fd67::2");
    public static readonly ushort[] Ports = [53, 80, 443, 4000, 8080, 15001, 15006, 15008, 15020, 15021, 15053, 15090, 31000];
    private const int OutsidePort = 9000;
    private const int Patience = 3_000_000;

    private readonly List<Socket> _streams = [];
    private readonly List<Socket> _datagrams = [];
    private readonly HashSet<Socket> _outside = [];
    private int _port = 32768;

    public PodLab()
    {
        Outside.Run(() => { });
        Pod.Ip($"""
            link add eth0 type veth peer name net0 netns {Outside.Path}
            link add eth1 type veth peer name net1 netns {Outside.Path}
            addr add 10.66.0.2/24 dev eth0
            addr add fd66::2/64 dev eth0 nodad
            addr add 10.67.0.2/24 dev eth1
            addr add fd67::2/64 dev eth1 nodad
            addr add ::6/128 dev lo nodad
            link set eth0 up
            link set eth1 up
            route add default via 10.66.0.1
            """.Replace("\r", ""));
        Outside.Ip("""
            addr add 10.66.0.1/24 dev net0
            addr add fd66::1/64 dev net0 nodad
            addr add 10.67.0.1/24 dev net1
            addr add fd67::1/64 dev net1 nodad
            link set net0 up
            link set net1 up
            route add local 10.99.0.0/16 dev lo
            route add local 2001:db8:99::/48 dev lo
            """);
        Pod.Ip("route add default via fd66::1");
        UntilUsable(Pod);
        UntilUsable(Outside);
        Outside.Shell("nft", ["-f", "-"], """
            table ip t { chain c { type nat hook prerouting priority -100; meta l4proto { tcp, udp } redirect to :9000; }; }
            table ip6 t { chain c { type nat hook prerouting priority -100; meta l4proto { tcp, udp } redirect to :9000; }; }
            """).ShouldSucceed();
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            foreach (ushort port in Ports)
            {
                Pod.Run(() => _streams.Add(Listen(family, port)));
            }

            Pod.Run(() => _datagrams.AddRange([Bind(family, 53), Bind(family, 15053)]));
            Socket stream = Outside.Run(() => Listen(family, OutsidePort));
            Socket datagram = Outside.Run(() => Bind(family, OutsidePort));
            _streams.Add(stream);
            _datagrams.Add(datagram);
            _outside.UnionWith([stream, datagram]);
        }
    }

    public NamespaceThread Pod { get; } = new();

    public NamespaceThread Outside { get; } = new();

    /// <summary>An applier in the pod that sees only some of the programs.</summary>
    public IRuleApplier Applier(BackendKind kind) => Pod.Run(() => RuleAppliers.Create(new ChosenTools(kind), InterceptionLog.None))!;

    /// <summary>Sends the first packet of a connection, or a datagram, and sees where it arrives; null where it does not.</summary>
    public Arrival? Send(bool fromPod, bool udp, IPAddress source, IPEndPoint destination, uint uid, uint gid)
    {
        NamespaceThread from = fromPod ? Pod : Outside;
        using Socket client = from.Run(() => SocketOwner.As(uid, gid, () => new Socket(
            source.AddressFamily, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp)));
        client.Bind(new IPEndPoint(source, NextPort()));
        if (udp)
        {
            byte[] payload = Guid.NewGuid().ToByteArray();
            client.SendTo(payload, destination);
            return Receive(payload, client);
        }

        client.LingerState = new LingerOption(true, 0);
        client.Blocking = false;
        try
        {
            client.Connect(destination);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }
        catch (SocketException)
        {
            return null;
        }

        return Accept(client);
    }

    public void Dispose()
    {
        _streams.Concat(_datagrams).ToList().ForEach(s => s.Dispose());
        Pod.Dispose();
        Outside.Dispose();
    }

    /// <summary>Links come up in the background; until then the kernel refuses to bind to an IPv6 address of theirs.</summary>
    private static void UntilUsable(NamespaceThread place)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(30));
        while (place.Shell("ip", ["-6", "address", "show", "tentative"]).Output.Length > 0)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Every flow has a source port of its own: connection tracking remembers closed connections for a while.</summary>
    private int NextPort()
    {
        do
        {
            _port = _port == ushort.MaxValue ? 32768 : _port + 1;
        }
        while (Ports.Contains((ushort)_port));
        return _port;
    }

    private static Socket Listen(AddressFamily family, int port)
    {
        Socket socket = new(family, SocketType.Stream, ProtocolType.Tcp);
        bool v6 = family == AddressFamily.InterNetworkV6;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        if (v6)
        {
            socket.DualMode = false;
        }

        // IP_TRANSPARENT, IPV6_TRANSPARENT: without it TPROXY finds no socket.
        socket.SetRawSocketOption(v6 ? 41 : 0, v6 ? 75 : 19, BitConverter.GetBytes(1));
        socket.Bind(new IPEndPoint(v6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        socket.Listen(512);
        return socket;
    }

    private static Socket Bind(AddressFamily family, int port)
    {
        Socket socket = new(family, SocketType.Dgram, ProtocolType.Udp);
        if (family == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        socket.Bind(new IPEndPoint(family == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        return socket;
    }

    private Arrival? Accept(Socket client)
    {
        IPEndPoint self = (IPEndPoint)client.LocalEndPoint!;
        while (Ready(_streams, client) is { } listener)
        {
            using Socket accepted = listener.Accept();
            accepted.LingerState = new LingerOption(true, 0);
            if (((IPEndPoint)accepted.RemoteEndPoint!).Port != self.Port)
            {
                continue;
            }

            IPEndPoint local = (IPEndPoint)accepted.LocalEndPoint!;
            int port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            IPEndPoint destination = OriginalDestination.Of(accepted) ?? local;
            return new Arrival(_outside.Contains(listener) ? "outside" : "pod", port, destination);
        }

        return null;
    }

    private Arrival? Receive(byte[] payload, Socket client)
    {
        byte[] buffer = new byte[64];
        while (Ready(_datagrams, client) is { } socket)
        {
            int length = socket.Receive(buffer);
            if (buffer.AsSpan(0, length).SequenceEqual(payload))
            {
                return new Arrival(_outside.Contains(socket) ? "outside" : "pod", ((IPEndPoint)socket.LocalEndPoint!).Port, null);
            }
        }

        return null;
    }

    /// <summary>The first receiver that has something, or null when the client gives up or nothing comes.</summary>
    private static Socket? Ready(List<Socket> receivers, Socket client)
    {
        List<Socket> ready = [.. receivers];
        List<Socket> refused = [client];
        Socket.Select(ready, null, refused, Patience);
        return ready.Count > 0 ? ready[0] : null;
    }
}
