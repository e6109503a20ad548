using System.Net;
using System.Security.Cryptography.X509Certificates;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Grpc.Client;
using Lateen.Xds;

namespace Lateen.Tests.ControlPlane;

/// <summary>A proxy as the control plane sees it: one stream of the aggregated discovery service that acknowledges everything.</summary>
internal sealed class TestProxy : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly GrpcCall<DiscoveryRequest, DiscoveryResponse> _call;
    private readonly Node _node;
    private readonly Dictionary<string, IReadOnlyList<string>> _names = [];

    /// <param name="rootPem">What to trust, on the TLS port; null on the plaintext port.</param>
    /// <param name="token">The service account token to show; null = none.</param>
    /// <param name="labels">A label of its workload.</param>
    public TestProxy(IPEndPoint server, string nodeId, string? rootPem = null, string? token = null, (string Key, string Value)? labels = null)
    {
        _channel = new GrpcChannel(rootPem is null
            ? new GrpcChannelOptions { Address = new Uri($"http://{server}") }
            : new GrpcChannelOptions
            {
                Address = new Uri($"https://localhost:{server.Port}"),
                TrustedRoots = () => [X509Certificate2.CreateFromPem(rootPem)],
            });
        _call = _channel.Start(
            AdsMethods.Stream,
            new GrpcCallOptions(Metadata: token is null ? [] : [KeyValuePair.Create("authorization", $"Bearer {token}")]),
            CancellationToken.None);
        _node = new Node { Id = nodeId };
        if (labels is { } label)
        {
            _node.Metadata = new() { Fields = { ["LABELS"] = Value.ForStruct(new() { Fields = { [label.Key] = Value.ForString(label.Value) } }) } };
        }
    }

    /// <summary>Responses that came, of every type.</summary>
    public int Responses { get; private set; }

    /// <summary>Subscribes and waits for the answer: bytes by resource name.</summary>
    public async Task<IReadOnlyDictionary<string, ByteString>> AskAsync(string typeUrl, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        _names[typeUrl] = names;
        await _call.WriteAsync(Request(typeUrl, null));
        return await NextAsync(typeUrl, cancellation);
    }

    /// <summary>Waits for the next response of the type; others that come are acknowledged.</summary>
    public async Task<IReadOnlyDictionary<string, ByteString>> NextAsync(string typeUrl, CancellationToken cancellation)
    {
        while (true)
        {
            var (any, response) = await _call.ReadAsync().AsTask().WaitAsync(Patience.Limit, cancellation);
            if (!any)
            {
                throw new InvalidOperationException("the stream ended");
            }

            Responses++;
            await _call.WriteAsync(Request(response.TypeUrl, response));
            if (response.TypeUrl == typeUrl)
            {
                return response.Resources.ToDictionary(NameOf, resource => resource.Value);
            }
        }
    }

    public void Dispose()
    {
        _call.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _channel.Dispose();
    }

    private static string NameOf(Any resource)
    {
        // The name is field 1 of clusters, listeners, routes and load assignments alike.
        var input = resource.Value.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            if (tag == WireFormat.MakeTag(1, WireFormat.WireType.LengthDelimited))
            {
                return input.ReadString();
            }

            input.SkipLastField();
        }

        return "";
    }

    private DiscoveryRequest Request(string typeUrl, DiscoveryResponse? answered)
    {
        var request = new DiscoveryRequest { TypeUrl = typeUrl, Node = _node };
        request.ResourceNames.AddRange(_names.GetValueOrDefault(typeUrl) ?? []);
        if (answered is not null)
        {
            request.VersionInfo = answered.VersionInfo;
            request.ResponseNonce = answered.Nonce;
        }

        return request;
    }
}
