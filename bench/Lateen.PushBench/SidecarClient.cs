using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;

namespace Lateen.PushBench;

/// <summary>A connected sidecar: subscribes as Envoy does, acknowledges everything, tells which changes it has been sent.</summary>
internal sealed class SidecarClient : IAsyncDisposable
{
    private static readonly byte[] EndpointMarker = Encoding.ASCII.GetBytes(MeshObjects.MarkerPrefix);
    private static readonly byte[] RouteMarker = "bench-"u8.ToArray();

    private readonly GrpcStream _stream = new();
    private readonly bool _delta;
    private readonly Action<int> _endpointSeen;
    private readonly Action<int> _routeSeen;
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _have = [];
    private byte[] _endpointNames = [];
    private readonly Task _reading;

    /// <param name="plain">Takes no compressed messages.</param>
    /// <param name="endpointSeen">Told of every change of endpoints after its acknowledgement was written.</param>
    /// <param name="routeSeen">The same for routes.</param>
    public SidecarClient(IPEndPoint server, int service, int replica, bool delta, bool plain, Action<int> endpointSeen, Action<int> routeSeen)
    {
        (_delta, _endpointSeen, _routeSeen) = (delta, endpointSeen, routeSeen);
        _reading = ReadAsync(server, NodeOf(service, replica), takesGzip: !plain);
    }

    /// <summary>Completes with the first answer.</summary>
    public Task Admitted => _admitted.Task;

    /// <summary>Completes when clusters, endpoints, listeners and routes have come.</summary>
    public Task Complete => _complete.Task;

    /// <summary>Bytes that came, of every type, as they were on the wire.</summary>
    public long Received => _stream.Received;

    public async ValueTask DisposeAsync()
    {
        _stream.Dispose();
        await _reading;
    }

    private static byte[] NodeOf(int service, int replica)
    {
        var ns = MeshObjects.Namespace(service);
        var ip = MeshObjects.PodIp(service, replica);
        var metadata = new Struct();
        foreach (var (key, value) in new[]
        {
            ("NAMESPACE", ns), ("CLUSTER_ID", "Kubernetes"), ("INSTANCE_IPS", ip), ("ISTIO_VERSION", "1.19.3"), ("NAME", $"svc-{service}-{replica}"),
            ("SERVICE_ACCOUNT", $"svc-{service}"), ("INTERCEPTION_MODE", "REDIRECT"), ("MESH_ID", "cluster.local"), ("WORKLOAD_NAME", $"svc-{service}"),
        })
        {
            metadata.Fields[key] = Value.ForString(value);
        }

        var labels = new Struct { Fields = { ["app"] = Value.ForString($"svc-{service}"), ["version"] = Value.ForString("v1") } };
        metadata.Fields["LABELS"] = Value.ForStruct(labels);
        var node = new Node { Id = $"sidecar~{ip}~svc-{service}-{replica}.{ns}~{ns}.svc.cluster.local", Cluster = $"svc-{service}.{ns}", Metadata = metadata };
        return node.ToByteArray();
    }

    private async Task ReadAsync(IPEndPoint server, byte[] node, bool takesGzip)
    {
        try
        {
            await _stream.OpenAsync(server, Wire.PathOf(_delta), takesGzip);
            await SubscribeAsync(TypeUrls.Cluster, [], node);
            while (true)
            {
                var (buffer, length) = await _stream.ReadAsync();
                using var response = Wire.Read(buffer, length);
                await OnResponseAsync(response);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            _complete.TrySetException(exception);
            _admitted.TrySetException(exception);
        }
    }

    private async Task OnResponseAsync(RawResponse response)
    {
        if (response.TypeUrl == TypeUrls.Cluster && _have.Add(response.TypeUrl))
        {
            _admitted.TrySetResult();
            _endpointNames = EndpointNames(response);
            await AcknowledgeAsync(response);
            await SubscribeAsync(TypeUrls.ClusterLoadAssignment, _endpointNames, []);
            return;
        }

        await AcknowledgeAsync(response);
        if (_have.Add(response.TypeUrl))
        {
            switch (response.TypeUrl)
            {
                case TypeUrls.ClusterLoadAssignment:
                    await SubscribeAsync(TypeUrls.Listener, [], []);
                    break;
                case TypeUrls.Listener:
                    await SubscribeAsync(TypeUrls.RouteConfiguration, Name("80"u8), []);
                    break;
                case TypeUrls.RouteConfiguration:
                    _complete.TrySetResult();
                    break;
            }

            return;
        }

        Report(response.Bytes.Span, EndpointMarker, _endpointSeen, static text =>
        {
            var dot = text.IndexOf((byte)'.');
            var end = dot + 1;
            while (end < text.Length && text[end] is >= (byte)'0' and <= (byte)'9')
            {
                end++;
            }

            return (int.Parse(text[..dot]) << 8) | int.Parse(text[(dot + 1)..end]);
        });
        Report(response.Bytes.Span, RouteMarker, _routeSeen, static text => int.Parse(text[..6]));
    }

    private static void Report(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> marker, Action<int> seen, Func<ReadOnlySpan<byte>, int> read)
    {
        while (bytes.IndexOf(marker) is >= 0 and var at)
        {
            bytes = bytes[(at + marker.Length)..];
            seen(read(bytes));
        }
    }

    private ValueTask SubscribeAsync(string typeUrl, byte[] names, byte[] node)
    {
        var buffer = new ArrayBufferWriter<byte>(names.Length + node.Length + 128);
        if (node.Length > 0)
        {
            Wire.Append(buffer, _delta ? 1 : 2, node);
        }

        buffer.Write(names);
        return _stream.SendAsync(Wire.Message(buffer.WrittenSpan, (_delta ? 2 : 4, typeUrl)));
    }

    private ValueTask AcknowledgeAsync(RawResponse response)
    {
        if (_delta)
        {
            return _stream.SendAsync(Wire.Message([], (2, response.TypeUrl), (6, response.Nonce)));
        }

        ReadOnlySpan<byte> names = response.TypeUrl switch
        {
            TypeUrls.ClusterLoadAssignment => _endpointNames,
            TypeUrls.RouteConfiguration => Name("80"u8),
            _ => [],
        };
        return _stream.SendAsync(Wire.Message(names, (4, response.TypeUrl), (5, response.Nonce)));
    }

    // resource_names of state of the world and resource_names_subscribe of delta are both field 3.
    private static byte[] Name(ReadOnlySpan<byte> name)
    {
        var buffer = new ArrayBufferWriter<byte>(name.Length + 8);
        Wire.Append(buffer, 3, name);
        return buffer.WrittenSpan.ToArray();
    }

    private byte[] EndpointNames(RawResponse response)
    {
        var buffer = new ArrayBufferWriter<byte>(64 << 10);
        foreach (var (field, resource) in Wire.Fields(response.Bytes))
        {
            if (field != 2)
            {
                continue;
            }

            // Delta: Resource.name; state of the world: the Cluster's first field inside Any.value.
            var name = _delta
                ? Wire.Fields(resource).First(f => f.Field == 3).Value
                : Wire.Fields(Wire.Fields(resource).First(f => f.Field == 2).Value).First(f => f.Field == 1).Value;
            if (name.Span.StartsWith("outbound|"u8))
            {
                Wire.Append(buffer, 3, name.Span);
            }
        }

        return buffer.WrittenSpan.ToArray();
    }
}
