using System.Buffers;
using System.Security.Cryptography;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Translation.Memos;

namespace Lateen.Translation.Routes;

/// <summary>Route configurations of a sidecar's outbound HTTP listeners.</summary>
internal static class SidecarRoutes
{
    public const string HttpProxy = "http_proxy";
    private const uint MaxDirectResponseBody = 1024 * 1024;

    /// <summary>The configuration of that name: a port, `host:port` of a detected service port, `http_proxy` or a socket's path.</summary>
    public static RouteConfiguration Build(ProxyContext context, string name)
    {
        var request = RouteRequest.Parse(name);
        var configuration = Settings(request);
        configuration.Name = name;
        configuration.VirtualHosts.AddRange(new RouteTableBuilder(context, request).Messages());
        if (request.Host.Length == 0)
        {
            configuration.VirtualHosts.Add(CatchAll(context));
        }

        return configuration;
    }

    /// <summary>The same, packed: virtual hosts that a memo knows are not made again.</summary>
    public static NamedResource Packed(ProxyContext context, TranslationMemo memo, string name)
    {
        var request = RouteRequest.Parse(name);
        var table = new RouteTableBuilder(context, request, memo.Routes.Find((context.Proxy, name))).Build();
        memo.Routes.Put((context.Proxy, name), table);

        // Protobuf writes fields in the order of their numbers: the name, the virtual hosts, everything else.
        var head = new RouteConfiguration { Name = name };
        var rest = Settings(request);
        var last = new RouteConfiguration();
        if (request.Host.Length == 0)
        {
            last.VirtualHosts.Add(CatchAll(context));
        }

        ByteString[] parts = [head.ToByteString(), .. table.Hosts.Select(host => host.Field), last.ToByteString(), rest.ToByteString()];
        return new NamedResource(
            name, MessageTypes.UrlOf(typeof(RouteConfiguration)), parts, VersionOf(parts[0], table.Hosts, parts[^2], parts[^1]));
    }

    // A digest of the parts' digests: hosts that did not change are not read again.
    private static string VersionOf(ByteString head, IReadOnlyList<RoutedHost> hosts, ByteString last, ByteString rest)
    {
        var bytes = new ArrayBufferWriter<byte>(head.Length + (hosts.Count * SHA256.HashSizeInBytes) + last.Length + rest.Length);
        bytes.Write(head.Span);
        foreach (var host in hosts)
        {
            bytes.Write(host.Digest);
        }

        bytes.Write(last.Span);
        bytes.Write(rest.Span);
        return NamedResource.Digest(SHA256.HashData(bytes.WrittenSpan));
    }

    private static RouteConfiguration Settings(RouteRequest request) => new()
    {
        ValidateClusters = false,
        MaxDirectResponseBodySizeBytes = MaxDirectResponseBody,
        IgnorePortInHostMatching = request.Port != 0,
    };

    /// <summary>What is done with requests for unknown hosts.</summary>
    public static VirtualHost CatchAll(ProxyContext context)
    {
        if (!context.AllowAny)
        {
            return new()
            {
                Name = Naming.BlockAll,
                Domains = { "*" },
                IncludeRequestAttemptCount = context.TellsAttempts,
                Routes =
                {
                    new Route
                    {
                        Name = Naming.BlockAll,
                        Match = new() { Prefix = "/" },
                        DirectResponse = new() { Status = 502 },
                    },
                },
            };
        }

        return new()
        {
            Name = Naming.AllowAny,
            Domains = { "*" },
            IncludeRequestAttemptCount = context.TellsAttempts,
            Routes =
            {
                new Route
                {
                    Name = Naming.AllowAny,
                    Match = new() { Prefix = "/" },
                    Route_ = new()
                    {
                        Cluster = Listeners.TcpProxies.CatchAllCluster(context),
                        Timeout = new Duration(),
                        MaxGrpcTimeout = new Duration(),
                    },
                },
            },
        };
    }
}
