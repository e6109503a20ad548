using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Service.Status.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.ControlPlane.Discovery;
using Lateen.Grpc;
using Lateen.Security;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>
/// The debug pages as xDS resources: type istio.io/debug, one page by its name; type istio.io/debug/syncz, a ClientConfig of CSDS for each proxy.
/// </summary>
/// <param name="pages">The pages; made after this.</param>
/// <param name="proxies">The streams of proxies.</param>
/// <param name="systemNamespace">Who is of it may read everything.</param>
/// <param name="isOpen">Nobody can prove who he is (there is no API server): everybody may read.</param>
internal sealed class DebugDiscovery(
    Func<DebugPages> pages, Func<IReadOnlyList<XdsConnectionStatus>> proxies, string systemNamespace, string clusterId, bool isOpen)
{
    private const string Syncz = TypeUrls.Debug + "/syncz";

    // What a workload may know of itself and its like, as in Istio.
    private static readonly HashSet<string> OfOwnNamespace = ["config_dump", "edsz", "ndsz"];

    private static readonly string[] Types =
    [
        TypeUrls.Listener, TypeUrls.RouteConfiguration, TypeUrls.ClusterLoadAssignment, TypeUrls.Cluster, TypeUrls.TypedExtensionConfig,
    ];

    public static bool Serves(string typeUrl) => typeUrl is TypeUrls.Debug or Syncz;

    /// <summary>The resources asked for.</summary>
    /// <exception cref="GrpcException">The caller may not read them, or did not name one page.</exception>
    public IReadOnlyList<XdsResource> Generate(ConnectedProxy proxy, XdsQuery query)
    {
        if (query.TypeUrl == Syncz)
        {
            Admit(proxy.Identity, ofNamespace: null);
            return [.. proxies().Select(connection => XdsResource.Of(connection.Peer.Node.Id, Status(connection)))];
        }

        if (query.Names is not { Count: 1 })
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"{TypeUrls.Debug} takes one name, that of a page");
        }

        var name = query.Names.First();
        var parts = name.Split('?', 2);
        var parameters = DebugQuery.Parse(parts.Length > 1 ? parts[1] : "");
        var proxyId = parameters["proxyID"];
        Admit(proxy.Identity, OfOwnNamespace.Contains(parts[0]) ? proxyId[(proxyId.LastIndexOf('.') + 1)..] : null);
        var answer = pages().Answer(parts[0], parameters);
        if (!answer.IsGood)
        {
            throw new GrpcException(GrpcStatusCode.InvalidArgument, $"{name}: {answer.Text.Trim()}");
        }

        var bytes = Encoding.UTF8.GetBytes(answer.Text);
        return [new XdsResource(name, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)), TypeUrls.Debug, [UnsafeByteOperations.UnsafeWrap(bytes)])];
    }

    private void Admit(SpiffeId? caller, string? ofNamespace)
    {
        if (isOpen)
        {
            return;
        }

        if (caller is null)
        {
            throw new GrpcException(GrpcStatusCode.Unauthenticated, "authentication required: debug pages are read on the TLS port with a token or certificate");
        }

        if (caller.Namespace != systemNamespace && caller.Namespace != ofNamespace)
        {
            throw new GrpcException(GrpcStatusCode.PermissionDenied, $"{caller} may not read this page; namespace {systemNamespace} may");
        }
    }

    private ClientConfig Status(XdsConnectionStatus connection)
    {
        var config = new ClientConfig
        {
            Node = new Node
            {
                Id = connection.Peer.Node.Id.Split('~') is [_, _, var name, _] ? name : connection.Peer.Node.Id,
                Metadata = new Struct { Fields = { ["CLUSTER_ID"] = Value.ForString(SyncStatusPage.ClusterOf(connection, clusterId)), ["ISTIO_VERSION"] = Value.ForString(SyncStatusPage.VersionOf(connection)) } },
            },
        };
        foreach (var typeUrl in Types)
        {
            var type = connection.Types.FirstOrDefault(type => type.TypeUrl == typeUrl);
            config.GenericXdsConfigs.Add(new ClientConfig.Types.GenericXdsConfig
            {
                TypeUrl = typeUrl,
                ConfigStatus = type switch
                {
                    null or { SentNonce: "" } => ConfigStatus.NotSent,
                    { NackMessage: not null } => ConfigStatus.Error,
                    _ => type.SentNonce == type.AckedNonce ? ConfigStatus.Synced : ConfigStatus.Stale,
                },
            });
        }

        return config;
    }
}
