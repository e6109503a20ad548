using System.Reflection;
using System.Security.Cryptography;
using Lateen.Api;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Ca;
using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Discovery;
using Lateen.ControlPlane.Http;
using Lateen.ControlPlane.Leadership;
using Lateen.ControlPlane.Jwks;
using Lateen.ControlPlane.Identity;
using Lateen.ControlPlane.Secrets;
using Lateen.ControlPlane.Status;
using Lateen.ControlPlane.Watch;
using Lateen.ControlPlane.Webhooks;
using Lateen.Grpc.Server;
using Lateen.Logging;
using Lateen.Model.Mesh;
using Lateen.Security;
using Lateen.Xds.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Hosting;

/// <summary>The parts of a running control plane, and how they hang together.</summary>
/// <remarks>
/// sources -> writer (one) -> snapshot -> xDS server -> proxies; beside it the CA, the webhooks, the status writer and the pages. Each part
/// runs as one task of <see cref="RunAsync"/>; the first that fails ends the process with its reason.
/// </remarks>
internal sealed class DiscoveryHost : IAsyncDisposable
{
    private static readonly IReadOnlySet<string> SecretTypes = new HashSet<string> { TypeUrls.Secret };

    private readonly DiscoveryOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Readiness _readiness = new();
    private readonly TranslationGenerator _generator = new();
    private readonly DiscoverySource _source;
    private readonly DiscoveryMetrics _metrics = new();
    private readonly EventCounters _events = new();
    private readonly XdsServer<ConnectedProxy> _xds;
    private readonly MeshWriter _writer;
    private readonly ObjectReaders _readers;
    private readonly CertificateAuthority _authority;
    private readonly ServingCertificate _certificate;
    private readonly KubernetesClient? _client;
    private readonly StatusWriter? _status;
    private readonly IngressStatus? _ingressStatus;
    private readonly GatewayApiStatusWriter? _gatewayStatus;
    private readonly DistributionReporter? _distribution;
    private readonly ReplicaReports _replicas;
    private readonly SecretIndex _secrets;
    private readonly SocketsHttpHandler _keySetHandler = new();
    private readonly KeySetFetcher _keySets;
    private readonly InjectionSource _injection;
    private readonly InjectionWebhook _injector;
    private IReadOnlyList<ResourceState> _resources = [];

    private DiscoveryHost(DiscoveryOptions options, CertificateAuthority authority, KubernetesClient? client, ILoggerFactory loggers, TimeProvider time)
    {
        (_options, _authority, _client, _loggers, _time) = (options, authority, client, loggers, time);
        _logger = loggers.CreateLogger("default");
        var ads = loggers.CreateLogger("ads");
        var identities = loggers.CreateLogger("identity");
        var callers = new CallerAuthenticator(
            client is null ? null : new TokenReviewer(client, () => _source!.Current.Mesh.TrustDomain, identities), identities);
        _secrets = new SecretIndex(SecretChanged);
        var secrets = client is null
            ? null
            : new SecretDiscovery(_secrets.Find, new SecretAccess(client, time, identities).MayReadAsync, () => _source!.Current.Index.Inputs.Grants, loggers.CreateLogger("sds"), () => _events.Count(EventCounters.SecretErrors));

        // A folder has no API server that could review tokens: everybody is let in there, and nobody gets a secret.
        DebugPages? pages = null;
        DebugSources? sources = null;
        var debug = new DebugDiscovery(() => pages!, () => sources!.Proxies(), options.Namespace, options.ClusterId, isOpen: client is null);
        _source = new DiscoverySource(_generator, options.Domain, client is null ? null : callers, secrets, debug, time, ads);
        var identity = $$$"""{"Component":"istiod","ID":"{{{options.PodName}}}","Info":{"version":"{{{Version}}}"}}""";
        _xds = new XdsServer<ConnectedProxy>(
            _source,
            new XdsServerOptions { IsReady = () => _readiness.HasMesh, ControlPlaneIdentifier = identity, PushThrottle = options.PushThrottle },
            loggers,
            time,
            new RefusalTrace(_generator, () => _source, _metrics, (name, place, reason) => _status?.Refused(name, place, reason), ads));
        _writer = new MeshWriter(
            new MeshState(options.Domain, options.ClusterId, options.Settings), Publish, time, loggers.CreateLogger("model"));
        _keySets = new KeySetFetcher(
            () => _source.Current,
            new KeySetSource(new HttpMessageInvoker(_keySetHandler, disposeHandler: false), time),
            _writer,
            _events,
            time,
            loggers.CreateLogger("model"));
        _readers = new ObjectReaders(options.Domain, options.ClusterId, options.Namespace, options.Revision, _events, loggers.CreateLogger("validation"));
        _certificate = new ServingCertificate(
            authority, ServingCertificate.NamesOf(options.Namespace, options.Revision), time, loggers.CreateLogger("ca"));
        _replicas = new ReplicaReports(options.PodName, time);
        _status = client is null ? null : new StatusWriter(
            client, new StatusSources(() => _source.Problems(), () => _xds.Applied(), _replicas.Of), time, loggers.CreateLogger("status"));
        _distribution = client is null ? null : new DistributionReporter(
            client, new ObjectKey(options.Namespace, options.PodName), () => _xds.Applied(), time, loggers.CreateLogger("status"));
        _ingressStatus = client is null ? null : new IngressStatus(client, time, loggers.CreateLogger("status"));
        _gatewayStatus = client is null ? null : new GatewayApiStatusWriter(client, time, loggers.CreateLogger("status"));
        _injection = new InjectionSource(options.Revision, options.TemplateEnvironment, loggers.CreateLogger("injection"));
        _injector = new InjectionWebhook(
            () => _injection.Current, new InjectionLimits(), new InjectionCounters(), time, loggers.CreateLogger("injection"));
        Server = new ControlPlaneServer(options, () => _certificate.Current, new ClientCertificates(authority, time).Accepts, loggers);
        sources = new DebugSources(
            _xds, _source, _generator, options.ClusterId, () => Announce("debug", new XdsPush<ConnectedProxy>()), () => _resources, () => _injection.Current?.Config.TemplateTexts);
        pages = new DebugPages(sources);
        var metrics = new MetricsPage(sources, _writer, _metrics, _events, _injector.Counters, authority, _certificate, time, Version);
        var pageRoutes = new DebugRoutes(pages, metrics.Render, () => _readiness.Missing, Version);
        var validation = new ValidationWebhook(() => _source.Current, _events, loggers.CreateLogger("validation"));
        var certificates = new CertificateService(authority, callers, _events, time, loggers.CreateLogger("ca"));
        var grpc = new GrpcServerOptions { Logger = ads, Time = time };
        Server.Map([ServerPort.Xds, ServerPort.SecureXds], routes =>
        {
            _xds.Map(routes, grpc);
            certificates.Map(routes, grpc);
        });
        Server.Map([ServerPort.Readiness, ServerPort.Monitoring], pageRoutes.Map);
        Server.Map([ServerPort.Webhooks], routes =>
        {
            routes.MapPost("/validate", validation.HandleAsync);
            routes.Map("/inject/{**parameters}", _injector.HandleAsync);
        });
    }

    /// <summary>`1.19.3`: the release whose contracts are kept.</summary>
    public static string Version { get; } =
        typeof(DiscoveryHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The listening ports; bound while <see cref="ServeAsync"/> runs.</summary>
    public ControlPlaneServer Server { get; }

    /// <summary>Null when everything that is needed is there.</summary>
    public string? Missing => _readiness.Missing;

    /// <summary>Runs a control plane until cancelled.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(DiscoveryOptions options, CancellationToken cancellation)
    {
        if (!LogLevels.TryParse(options.LogLevels, out var levels, out var problem))
        {
            await Console.Error.WriteLineAsync(problem);
            return 2;
        }

        // The web host tells of every request; who wants that asks for the scope by name.
        if (!options.LogLevels.Contains("http:", StringComparison.Ordinal))
        {
            levels.Set("http", LogLevel.Warning);
        }

        using var loggers = new ConsoleLogFactory(Console.Out, levels, TimeProvider.System);
        foreach (var wrong in options.SettingProblems)
        {
            HostLog.SettingNotHonoured(loggers.CreateLogger("default"), wrong);
        }

        try
        {
            await using var host = await CreateAsync(options, loggers, TimeProvider.System, cancellation);
            await host.ServeAsync(Random.Shared, cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException)
        {
            HostLog.Failed(loggers.CreateLogger("default"), exception.Message);
            return 1;
        }
    }

    /// <summary>Opens the CA and builds the parts; nothing runs yet.</summary>
    public static async Task<DiscoveryHost> CreateAsync(
        DiscoveryOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellation)
    {
        if (options.Kubernetes is null)
        {
            // A folder has no Secret to keep a CA in: certificates of this run are trusted by nobody after it.
            var own = CertificateAuthority.CreateSelfSigned(MeshConfig.Default.TrustDomain, time.GetUtcNow(), TimeSpan.FromDays(365));
            return new DiscoveryHost(options, own, null, loggers, time);
        }

        var client = new KubernetesClient(options.Kubernetes, time);
        return new DiscoveryHost(options, await AuthorityStoreOf(options, client, loggers, time).OpenAsync(cancellation), client, loggers, time);
    }

    /// <summary>Serves until cancelled; streams get <see cref="DiscoveryOptions.ShutdownDuration"/> to end.</summary>
    public async Task ServeAsync(Random random, CancellationToken cancellation)
    {
        await Server.StartAsync(cancellation);
        _readiness.Serving();
        HostLog.Started(_logger, Version, string.Join(", ", Server.Addresses));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var parts = new List<Task>
        {
            _writer.RunAsync(stop.Token), _certificate.RunAsync(stop.Token), _keySets.RunAsync(stop.Token),
            TranslationWarmUp.RunAsync(
                _readiness.FirstSnapshot, () => _source.Current, _generator, _readiness.Warm, _time, _loggers.CreateLogger("ads"), stop.Token),
        };
        parts.AddRange(_client is null ? FolderParts(stop.Token) : KubernetesParts(_client, random, stop.Token));
        try
        {
            await await Task.WhenAny(parts);
        }
        finally
        {
            await stop.CancelAsync();
            _xds.Close();
            await Server.StopAsync(CancellationToken.None);
            await Task.WhenAll(parts);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _xds.Dispose();
        _injector.Dispose();
        _certificate.Dispose();
        _keySetHandler.Dispose();
        _authority.Dispose();
        _client?.Dispose();
    }

    private static AuthorityStore AuthorityStoreOf(DiscoveryOptions options, KubernetesClient client, ILoggerFactory loggers, TimeProvider time) =>
        new(client, options.Namespace, MeshConfig.Default.TrustDomain, time, loggers.CreateLogger("ca"));

    private IEnumerable<Task> FolderParts(CancellationToken cancellation)
    {
        var folder = new FolderSource(_options.ConfigDirectory!, "default", _loggers.CreateLogger("config"));
        yield return new FolderWatch(folder, _writer, _readers).RunAsync(cancellation);
    }

    private IEnumerable<Task> KubernetesParts(KubernetesClient client, Random random, CancellationToken cancellation)
    {
        var watch = new KubernetesWatch(client, _writer, _readers, _options.Namespace, _events, _time, random, _loggers.CreateLogger("kube"));
        var roots = new RootCertificatePublisher(client, _authority.RootPem, _time, _loggers.CreateLogger("ca"));
        string[] services = _options.Revision is "default" ? ["istiod"] : ["istiod", $"istiod-{_options.Revision}"];
        var identity = new WebhookIdentity(_options.Namespace, services, _options.Revision, _authority.RootPem);
        var webhooks = _loggers.CreateLogger("webhooks");
        var mutating = new WebhookPatcher(client, ResourceTypes.MutatingWebhookConfigurations, identity, _events, _time, webhooks);
        var validating = new WebhookPatcher(client, ResourceTypes.ValidatingWebhookConfigurations, identity, _events, _time, webhooks);
        _readiness.Explain(() => watch.Missing);
        _readiness.WaitFor(() => mutating.IsSettled && validating.IsSettled);
        watch.AddMesh();
        watch.Add(ResourceTypes.Namespaces, ObjectSelector.All, value => value.Name(), roots);
        watch.Add(ResourceTypes.ConfigMaps, new ObjectSelector(_options.Namespace), value => value, _injection);
        watch.Add(ResourceTypes.ConfigMaps, ReplicaReports.Selector(_options.Namespace), ReplicaReports.Read, _replicas);
        watch.Add(ResourceTypes.Secrets, SecretIndex.Selector, SecretIndex.Read, _secrets);
        watch.Add(ResourceTypes.ProxyConfigs, ObjectSelector.All, value => value, _injection.ProxyConfigs);
        watch.Add(ResourceTypes.MutatingWebhookConfigurations, ObjectSelector.All, value => value, mutating);
        watch.Add(ResourceTypes.ValidatingWebhookConfigurations, ObjectSelector.All, value => value, validating);

        // What is written for all is written by one replica; everything else each of them does for itself.
        var leader = new LeaderElection(
            client, _options.Namespace, $"{_options.PodName}_{random.NextInt64():x}", _time, random, _loggers.CreateLogger("leader"));
        return
        [
            watch.RunAsync(cancellation), AuthorityStoreOf(_options, client, _loggers, _time).KeepAsync(_authority, watch.StoreReplaced, cancellation), mutating.RunAsync(cancellation), validating.RunAsync(cancellation),
            leader.RunAsync(leading => Task.WhenAll(roots.RunAsync(leading), _status!.RunAsync(leading), _ingressStatus!.RunAsync(leading), _gatewayStatus!.RunAsync(leading)), cancellation),
            _distribution!.RunAsync(() => leader.IsLeader, cancellation),
            InjectionWarmUp.RunAsync(() => _readiness.HasMesh, () => _injection.Current, _time, cancellation),
        ];
    }

    private void SecretChanged(ObjectKey key)
    {
        // Listeners of the Gateway API stand only with a certificate that can be used.
        if (_secrets.Find(key.Namespace, key.Name) is { } secret)
        {
            var problem = CertificateCheck.ProblemOf(secret);
            _writer.Post(state => state.KubernetesGateways.SetCertificate(key, problem));
        }
        else
        {
            _writer.Post(state => state.KubernetesGateways.DeleteCertificate(key));
        }

        Announce("secret", new XdsPush<ConnectedProxy>(SecretTypes));
    }

    private void Announce(string trigger, XdsPush<ConnectedProxy> push)
    {
        _metrics.Triggered(trigger);
        _xds.Push(push);
    }

    private void Publish(MeshPublication publication)
    {
        if (publication.Update is { } update)
        {
            _source.Publish(update.Snapshot);
            _ingressStatus?.Take(publication.Ingresses, update.Snapshot);
            _gatewayStatus?.Take(publication.GatewayApi, update.Snapshot);
            _readiness.Published();
            _metrics.Built(publication.Building);
            foreach (var (trigger, push) in PushPlan.Of(update))
            {
                Announce(trigger, push with { ChangedAt = publication.ChangedAt });
            }

            _metrics.Announced(_time.GetElapsedTime(publication.ChangedAt));
            _xds.Announced = update.Snapshot.Version;
        }

        if (publication.Resources is { } resources)
        {
            Volatile.Write(ref _resources, resources);
            _status?.Take(resources, _source.Current);
            _distribution?.Take(resources, _source.Current.Version);
        }
    }
}
