using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Networking;
using Lateen.Model.Routing;
using Lateen.Model.Scope;
using Lateen.Model.Services;
using Lateen.Model.Workloads;
using Lateen.Translation.EnvoyFilters;
using Lateen.Translation.Gateways;
using Lateen.Translation.Memos;
using Lateen.Translation.Policies.Authorization;
using Lateen.Translation.Telemetries;

namespace Lateen.Translation;

/// <summary>One proxy's view of a snapshot: what its translation asks again and again.</summary>
internal sealed class ProxyContext
{
    private readonly Dictionary<ServiceKey, MergedRule?> _rules = [];
    private EquatableArray<ServiceInstance>? _instances;
    private ProxyPatches? _patches;
    private AuthorizationFilters? _authorization;
    private EffectiveTelemetry? _telemetry;
    private GatewayServers? _gatewayServers;

    private Surroundings? _surroundings;

    public ProxyContext(MeshSnapshot snapshot, ProxyNode proxy)
    {
        Snapshot = snapshot;
        Proxy = proxy;
        Scope = snapshot.ScopeOf(proxy);
    }

    /// <summary>What clusters and load assignments are made from beside their services, as keys of a memo hold it.</summary>
    public Surroundings SurroundingsIn(TranslationMemo memo) => _surroundings ??= memo.Intern(new Surroundings(Snapshot, Proxy));

    public MeshSnapshot Snapshot { get; }

    public ProxyNode Proxy { get; }

    public SidecarScope Scope { get; }

    public MeshConfig Mesh => Snapshot.Mesh;

    /// <summary>What the proxy runs with: its own word, else the mesh's.</summary>
    public ProxyConfig ProxyConfig => Proxy.ProxyConfig ?? Mesh.DefaultConfig;

    /// <summary>Hosts are told by `x-envoy-attempt-count` how often a request was tried.</summary>
    public bool TellsAttempts => ProxyConfig.ProxyHeaders?.AttemptCountDisabled != true;

    public ControlPlaneSettings Settings => Snapshot.Settings;

    public bool IsGateway => Proxy.Type == ProxyType.Router;

    /// <summary>What could not be honoured on the way.</summary>
    public List<ModelProblem> Problems { get; private set; } = [];

    /// <summary>What the workload serves: the services that select it, or that have an endpoint at its address.</summary>
    public EquatableArray<ServiceInstance> Instances => _instances ??= ServiceInstances.Find(this);

    /// <summary>The EnvoyFilter patches that hold for this proxy.</summary>
    public ProxyPatches Patches => _patches ??= ProxyPatches.Of(this);

    /// <summary>The AuthorizationPolicies that hold for this proxy's workload.</summary>
    public AuthorizationFilters Authorization => _authorization ??= AuthorizationFilters.Of(this);

    /// <summary>The servers that a gateway has by the Gateway resources that select it.</summary>
    public GatewayServers GatewayServers => _gatewayServers ??= GatewayServers.Find(this);

    /// <summary>The Telemetry resources that hold for this proxy.</summary>
    public EffectiveTelemetry Telemetry => _telemetry ??= EffectiveTelemetry.Of(this);

    /// <summary>Whether the proxy has an IPv4 address; an unknown one counts as such.</summary>
    public bool SupportsIpv4 =>
        Proxy.Addresses.IsEmpty || Proxy.Addresses.Any(a => !a.Contains(':', StringComparison.Ordinal));

    public bool SupportsIpv6 => Proxy.Addresses.Any(a => a.Contains(':', StringComparison.Ordinal));

    /// <summary>All addresses of this machine, in the proxy's family.</summary>
    public string Wildcard => SupportsIpv4 ? "0.0.0.0" : "::";

    public string Loopback => SupportsIpv4 ? "127.0.0.1" : "::1";

    /// <summary>Nothing is captured: listeners bind their ports.</summary>
    public bool IsUncaptured => Proxy.InterceptionMode == InterceptionMode.None;

    /// <summary>Traffic for unknown hosts goes on.</summary>
    public bool AllowAny => Scope.OutboundTrafficPolicy.Mode == OutboundTrafficMode.AllowAny;

    public Service? FindService(string host) => Scope.ServicesByHost.GetValueOrDefault(host);

    /// <summary>The DestinationRule that holds for calls of a service from this proxy.</summary>
    public MergedRule? RuleFor(Service service)
    {
        if (!_rules.TryGetValue(service.Key, out var rule))
        {
            rule = Snapshot.Index.DestinationRules.Find(Proxy.Namespace, Proxy.Labels, service);
            _rules[service.Key] = rule;
        }

        return rule;
    }

    /// <summary>The virtual address under which this proxy's workload calls a service; <see cref="Service.UnspecifiedAddress"/> for none.</summary>
    public string AddressOf(Service service)
    {
        if (Proxy.ClusterId.Length > 0 && service.ClusterAddresses.TryGetValue(Proxy.ClusterId, out var ofCluster)
            && !ofCluster.IsEmpty)
        {
            return ofCluster[0];
        }

        if (service.Addresses.IsEmpty && !service.AutoAllocatedAddresses.IsEmpty
            && Proxy.Metadata.Find("DNS_CAPTURE") == "true" && Proxy.Metadata.Find("DNS_AUTO_ALLOCATE") == "true")
        {
            foreach (var address in service.AutoAllocatedAddresses)
            {
                if (address.Contains(':', StringComparison.Ordinal) != SupportsIpv4)
                {
                    return address;
                }
            }
        }

        return service.Address;
    }

    /// <summary>All addresses under which a service is called: with two address families one of each.</summary>
    public IEnumerable<string> AddressesOf(Service service) =>
        Settings.DualStack && service.ClusterAddresses.TryGetValue(Proxy.ClusterId, out var all) && all.Count > 1 ? all : [AddressOf(service)];

    public void Report(ConfigMeta meta, string path, string what, string fix, string code = "") =>
        Report(new(meta.ToString(), path, what, fix, code));

    public void Report(ModelProblem problem)
    {
        if (!Problems.Contains(problem))
        {
            Problems.Add(problem);
        }
    }

    /// <summary>What is reported while something is made, whether or not it was reported before: who keeps the result keeps this with it.</summary>
    public EquatableArray<ModelProblem> ReportedBy(Action make)
    {
        var before = Problems;
        Problems = [];
        make();
        var reported = Problems.ToEquatableArray();
        Problems = before;
        ReportAgain(reported);
        return reported;
    }

    /// <summary>Reports again what was reported when a result was made that is used again.</summary>
    public void ReportAgain(EquatableArray<ModelProblem> problems)
    {
        foreach (var problem in problems)
        {
            Report(problem);
        }
    }
}
