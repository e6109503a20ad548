using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;
using Google.Protobuf;
using Lateen.Net.Sockets;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Export;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;
using Lateen.Proxy.Telemetry;

namespace Lateen.Proxy.Compile;

/// <summary>What a compiler may reach: the objects that outlive configuration, and where it tells its problems.</summary>
internal interface ICompileHost
{
    int Workers { get; }

    /// <summary>The state of a cluster of that name, made if nobody has named it before.</summary>
    ClusterState ClusterOf(string name);

    /// <summary>What clusters need of the proxy to come to life.</summary>
    ClusterServices Services { get; }

    /// <summary>The state of a cluster that exists; null otherwise.</summary>
    ClusterState? FindCluster(string name);

    RouteState RouteOf(string name);

    /// <summary>The state of a secret of that name, made if nobody has named it before.</summary>
    SecretState SecretOf(string name, bool isLocal);

    LogFile FileOf(string path);

    /// <summary>Statistics shared by everything with that prefix.</summary>
    StatScope StatsOf(string prefix, StatNames names);

    /// <summary>The node as the control plane was told.</summary>
    Node Node { get; }

    /// <summary>What this proxy says of itself where peers exchange it over TCP (<see cref="PeerHello"/>).</summary>
    byte[] Hello { get; }

    /// <summary>This workload, from the node's metadata.</summary>
    Workload Own { get; }

    /// <summary>The ways to collectors of traces and logs.</summary>
    Exporters Exporters { get; }

    /// <summary>Istio's metrics.</summary>
    MeshSeriesRegistry Series { get; }

    /// <summary>Says once that something is accepted but does not act yet.</summary>
    void NotYet(string what);
}

/// <summary>The compilation of one resource: collects every problem with its field path.</summary>
internal sealed class CompileScope(ICompileHost host, string resource)
{
    private readonly List<ResourceProblem> _problems = [];

    public ICompileHost Host { get; } = host;

    /// <summary>traffic_direction of the listener that is being compiled.</summary>
    public TrafficDirection Direction { get; set; }

    public IReadOnlyList<ResourceProblem> Problems => _problems;

    public void Refuse(string path, string message) => _problems.Add(new ResourceProblem(resource, path, message));

    /// <summary>Unpacks an Any of a known type; a broken message is a problem.</summary>
    public T? Unpack<T>(Any? any, MessageParser<T> parser, string path) where T : class, IMessage<T>
    {
        try
        {
            return any is null ? parser.ParseFrom(ByteString.Empty) : parser.ParseFrom(any.Value);
        }
        catch (InvalidProtocolBufferException e)
        {
            Refuse(path, $"the message cannot be decoded: {e.Message}");
            return null;
        }
    }

    /// <summary>A duration in milliseconds; the fallback when absent.</summary>
    public static long Milliseconds(Duration? duration, long fallback) =>
        duration is null ? fallback : Math.Max(0, (duration.Seconds * 1000) + (duration.Nanos / 1_000_000));

    public IpEndpoint Address(Envoy.Config.Core.V3.Address? address, string path)
    {
        if (address?.SocketAddress is not { } socket)
        {
            Refuse(path, "only socket_address is supported");
            return default;
        }
        if (!IpEndpoint.TryParse(socket.Address, (int)socket.PortValue, out IpEndpoint endpoint))
        {
            Refuse($"{path}.socket_address.address", $"\"{socket.Address}\" is not an IP address");
        }
        return endpoint;
    }
}
