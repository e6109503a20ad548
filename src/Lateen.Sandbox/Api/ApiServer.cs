using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Lateen.Sandbox.Api.Admission;
using Lateen.Sandbox.Api.Auth;
using Lateen.Sandbox.Api.Objects;
using Lateen.Sandbox.Api.Resources;
using Lateen.Sandbox.Api.Serving;
using Lateen.Sandbox.Api.Streaming;
using Lateen.Sandbox.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Lateen.Sandbox.Api;

/// <summary>The sandbox's Kubernetes API endpoint: HTTPS on the given addresses, objects in SQLite.</summary>
/// <remarks>
/// Everything is composed here, by hand: store, rules, admission, handlers. The endpoint authenticates (administrator's
/// token, ServiceAccount tokens) and allows everything to whoever it knows.
/// </remarks>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly ApiServerOptions _options;
    private readonly ILogger _log;
    private readonly ObjectStore _store;
    private readonly TokenSigner _signer;
    private readonly ClusterCertificates _certificates;
    private readonly ServiceAddresses _addresses;
    private readonly ObjectWriter _writer;
    private readonly WebhookClient _webhooks;
    private readonly PodProxy _proxy;
    private readonly ApiHandler _handler;
    private readonly Bootstrap _bootstrap;
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _app;

    /// <summary>Opens the store and the keys; <see cref="StartAsync"/> makes the endpoint reachable.</summary>
    public ApiServer(ApiServerOptions options, ILoggerFactory loggers)
    {
        _options = options;
        _log = loggers.CreateLogger("api");
        Directory.CreateDirectory(options.StateFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var issuer = $"https://kubernetes.default.svc.{options.ClusterDomain}";
        _addresses = new ServiceAddresses(_store = new ObjectStore(
            options.InMemory ? null : File("store.db"), options.WatchHistory, options.WatchBacklog), options.ServiceNetwork);
        _certificates = ClusterCertificates.LoadOrCreate(
            options.StateFolder,
            ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", $"kubernetes.default.svc.{options.ClusterDomain}"],
            [.. options.Addresses.Append(IPAddress.Loopback).Append(IPAddress.Parse(_addresses.At(1))).Distinct()],
            options.Time.GetUtcNow());
        _signer = new TokenSigner(File("sa.key"));
        AdminToken = LoadOrCreateToken(File("admin.token"));

        var registry = new ResourceRegistry(_store);
        var authenticator = new Authenticator(AdminToken, _signer, issuer, _store, options.Time);
        var services = new ServiceResolver(_store, options.Random);
        _webhooks = new WebhookClient(services);
        _proxy = new PodProxy(_store, services);
        KubeletToken = LoadOrCreateToken(File("kubelet.token"));
        var nodes = new NodeConnections(_store, KubeletToken);
        var streams = new PodStreams(_store, nodes, new NodePassage(nodes, _stopping.Token));
        var admission = new AdmissionChain(
            new ServiceAccountAdmission(_store, options.Random),
            new WebhookAdmission(_store, new WebhookMatching(_store, registry), _webhooks, _log));
        var reader = new ObjectReader(_store, options.Time);
        _writer = new ObjectWriter(_store, new StrategyTable(_addresses, options.Time), admission, options.Time, options.Random);
        var deleter = new ObjectDeleter(_store, admission, options.Time);
        var watches = new WatchServing(_store, reader, options.Time, _stopping.Token);
        _bootstrap = new Bootstrap(_store, _writer, _certificates.AuthorityPem);
        var verbs = new ResourceVerbs(_store, reader, _writer, deleter, watches, _bootstrap, new ServerSideApply(_store, _writer, options.Time));
        _handler = new ApiHandler(
            authenticator, registry, verbs, new Subresources(_store, verbs, _writer, deleter, streams, _proxy),
            new RequestReviews(_store, authenticator, _signer, issuer, options.Time), _log);
        Port = options.Port > 0 ? options.Port : FreePort(options.Addresses);
        _app = BuildApp();
    }

    /// <summary>The port on every address.</summary>
    public int Port { get; }

    /// <summary>The first address as a URL.</summary>
    public Uri Address => new($"https://{_options.Addresses[0]}:{Port}");

    /// <summary>The bearer token of the administrator, as in the kubeconfig.</summary>
    public string AdminToken { get; }

    /// <summary>The bearer token with which this endpoint calls nodes; their <c>KubeletServerOptions.Token</c>.</summary>
    public string KubeletToken { get; }

    /// <summary>The certificate authority that signed the endpoint's certificate, PEM.</summary>
    public string AuthorityPem => _certificates.AuthorityPem;

    /// <summary>Writes the objects that every cluster has and starts to listen; ready when the task ends.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await _bootstrap.WriteClusterAsync(_options.AdvertiseAddress ?? _options.Addresses[0], Port, _addresses.At(1), cancel);
        await _app.StartAsync(cancel);
        ApiServerLog.Started(_log, Address, _store.Version);
    }

    /// <summary>Ends watches and streams, waits for running requests, closes the store.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stopping.CancelAsync();
        await _app.StopAsync(cancel);
    }

    /// <summary>Writes the kubeconfig that enters as administrator, readable by its owner only.</summary>
    public void WriteKubeConfig(string path) => KubeConfigFile.Write(path, _options.ClusterName, Address, AuthorityPem, AdminToken);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _store.Dispose();
        _webhooks.Dispose();
        _proxy.Dispose();
        _signer.Dispose();
        _certificates.Serving.Dispose();
        _stopping.Dispose();
    }

    private static string LoadOrCreateToken(string path)
    {
        if (!System.IO.File.Exists(path))
        {
            PrivateFile.Write(path, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        }

        return System.IO.File.ReadAllText(path).Trim();
    }

    /// <summary>A port that is free at this moment on every address.</summary>
    private static int FreePort(IReadOnlyList<IPAddress> addresses)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(addresses[0], 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private string File(string name) => Path.Combine(_options.StateFolder, name);

    private WebApplication BuildApp()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = FreeBind.Listen);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.Limit + 1;
            foreach (var address in _options.Addresses)
            {
                kestrel.Listen(address, Port, listen => listen.UseHttps(_certificates.Serving));
            }
        });
        var app = builder.Build();
        app.Run(_handler.HandleAsync);
        return app;
    }
}
