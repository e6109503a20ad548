using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Envoy.Config.Core.V3;
using Envoy.Service.Discovery.V3;
using Envoy.Service.Status.V3;
using Lateen.Api;
using Lateen.Cli.Cluster;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Grpc;
using Lateen.Grpc.Client;
using Lateen.Inspection.ProxyStatus;
using Lateen.Xds;

namespace Lateen.Cli.Commands.ProxyStatus;

/// <summary><c>lateen x proxy-status</c>: the same question asked over xDS, as a proxy asks for its configuration.</summary>
/// <remarks>The server's certificate must be of the mesh's root, and the caller shows a token of the control plane's namespace.</remarks>
internal sealed class XProxyStatusCommand
{
    private const string Audience = "istio-ca";

    private readonly Option<string?> _address = new("--xds-address") { Description = "HOST:PORT of the control plane's xDS; default the cluster address of Service istiod" };
    private readonly Option<int> _port = new("--xds-port") { Description = "Port of the default address", DefaultValueFactory = _ => 15012 };
    private readonly Option<bool> _plaintext = new("--plaintext") { Description = "Do not use TLS" };
    private readonly Option<string?> _authority = new("--authority") { Description = "The name that the server's certificate must have" };
    private readonly Option<int> _timeout = new("--timeout") { Description = "Seconds that the answer may take", DefaultValueFactory = _ => 30 };
    private readonly ClusterOptions _cluster;

    private XProxyStatusCommand(ClusterOptions cluster) => _cluster = cluster;

    public static Command Create(ClusterOptions cluster)
    {
        XProxyStatusCommand verb = new(cluster);
        Command command = new("proxy-status", "Retrieves the synchronization status of each proxy in the mesh, over xDS")
        {
            Aliases = { "ps" },
            Options = { verb._address, verb._port, verb._plaintext, verb._authority, verb._timeout },
        };
        command.SetAction(verb.RunAsync);
        return command;
    }

    private async Task RunAsync(ParseResult line, CancellationToken cancellation)
    {
        using ClusterAccess access = _cluster.Open(line);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(line.GetValue(_timeout)));
        string address = line.GetValue(_address) ?? await AddressAsync(access, line.GetValue(_port), cancellation);
        try
        {
            DiscoveryResponse response = await AskAsync(access, address, line, limit.Token);
            string istiod = JsonNode.Parse(response.ControlPlane?.Identifier is { Length: > 0 } known ? known : "{}").Text("ID");
            await Console.Out.WriteAsync(XdsStatusTable.Render(response.Resources.Select(resource => RowOf(ClientConfig.Parser.ParseFrom(resource.Value), istiod))));
        }
        catch (GrpcException e)
        {
            throw new CommandException($"{address}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new CommandException($"{address} did not answer within {line.GetValue(_timeout)} s; name another address with --xds-address", e);
        }
    }

    private async Task<DiscoveryResponse> AskAsync(ClusterAccess access, string address, ParseResult line, CancellationToken cancellation)
    {
        string ns = access.IstioNamespace;
        bool plaintext = line.GetValue(_plaintext);
        GrpcChannelOptions options = new() { Address = new Uri($"http://{address}") };
        List<KeyValuePair<string, string>> metadata = [];
        if (!plaintext)
        {
            string root = await RootAsync(access, cancellation);
            metadata.Add(KeyValuePair.Create("authorization", $"Bearer {await TokenAsync(access, cancellation)}"));
            options = new GrpcChannelOptions
            {
                Address = new Uri($"https://{address}"),
                ServerName = line.GetValue(_authority) ?? $"istiod.{ns}.svc",
                TrustedRoots = () => [X509Certificate2.CreateFromPem(root)],
            };
        }

        using GrpcChannel channel = new(options);
        await using GrpcCall<DiscoveryRequest, DiscoveryResponse> call = channel.Start(AdsMethods.Stream, new GrpcCallOptions(Metadata: metadata), cancellation);
        await call.WriteAsync(new DiscoveryRequest
        {
            TypeUrl = TypeUrls.Debug + "/syncz",
            Node = new Node { Id = $"sidecar~127.0.0.1~lateen.{ns}~{ns}.svc.cluster.local" },
        });
        var (any, response) = await call.ReadAsync();
        return any ? response : throw new CommandException($"{address} closed the stream without an answer");
    }

    private static XdsStatusRow RowOf(ClientConfig config, string istiod) => XdsStatusRow.Of((JsonObject)JsonNode.Parse(XdsJson.Format(config))!, istiod);

    private static async Task<string> AddressAsync(ClusterAccess access, int port, CancellationToken cancellation)
    {
        JsonObject? service = await access.Client.FindAsync(ResourceTypes.Services, access.IstioNamespace, "istiod", cancellation);
        return service.Text("spec", "clusterIP") is { Length: > 0 } ip and not "None"
            ? $"{ip}:{port}"
            : throw new CommandException($"unable to find any Istiod instances: no Service istiod with an address in namespace {access.IstioNamespace}; name one with --xds-address");
    }

    private static async Task<string> RootAsync(ClusterAccess access, CancellationToken cancellation)
    {
        JsonObject? map = await access.Client.FindAsync(ResourceTypes.ConfigMaps, access.IstioNamespace, "istio-ca-root-cert", cancellation);
        return map.Text("data", "root-cert.pem") is { Length: > 0 } pem
            ? pem
            : throw new CommandException($"ConfigMap istio-ca-root-cert of namespace {access.IstioNamespace} holds no root certificate: the control plane's can not be checked; see --plaintext");
    }

    private static async Task<string> TokenAsync(ClusterAccess access, CancellationToken cancellation) =>
        await ServiceAccountTokens.RequestAsync(access.Client, new ObjectKey(access.IstioNamespace, "default"), Audience, TimeSpan.FromMinutes(10), cancellation);
}
