using Lateen.Api;
using Lateen.ControlPlane.Discovery;
using Lateen.Model;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Xds;
using Lateen.Xds.Server;
using Shouldly;
using Xunit;

namespace Lateen.Tests.ControlPlane.Discovery;

/// <summary>After every edit each proxy has, by pushes alone, byte for byte what a control plane that starts now would give it.</summary>
public sealed class IncrementalPushTests
{
    private static readonly string[] Types = [TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration];

    private static readonly string[] Routes =
    [
        "80", "8080", "9090", "http.80", "http.8080", "s0.a.svc.cluster.local:9090", "s1.b.svc.cluster.local:9090", "s2.b.svc.cluster.local:9090",
    ];

    private static readonly HashSet<string> Clusters =
    [
        .. from host in new[] { "s0.a.svc.cluster.local", "s1.a.svc.cluster.local", "s1.b.svc.cluster.local", "s2.b.svc.cluster.local", "ext.example.com", "other.example.com" }
           from port in new[] { 80, 9090 }
           from subset in new[] { "", "v1", "v2" }
           select Naming.Outbound(host, subset, port),
        Naming.OutboundSni("s0.a.svc.cluster.local", "", 80),
    ];

    // What a push left out stays wrong until something else repairs it: looking at each proxy every other time is enough.
    private static readonly int Edits = int.TryParse(Environment.GetEnvironmentVariable("LATEEN_RANDOM_EDITS"), out var edits) ? edits : 300;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomEdits_OneAfterTheOther_PushesLeaveWhatAFreshBuildGives(int seed)
    {
        var mesh = new RandomMesh(seed);
        var generator = new TranslationGenerator();
        var proxies = Proxies().Select(node => new Held(new ConnectedProxy(node))).ToList();
        var edits = new List<string>();
        for (var edit = 0; edit < Edits; edit++)
        {
            var update = mesh.Edit();
            edits.Add(mesh.LastEdit);
            foreach (var (_, push) in PushPlan.Of(update))
            {
                proxies.ForEach(held => held.Take(push, generator, update.Snapshot, isFirst: false));
            }

            if (edit == 0)
            {
                proxies.ForEach(held => held.Take(new XdsPush<ConnectedProxy>(), generator, update.Snapshot, isFirst: true));
            }

            var fresh = mesh.Fresh();
            foreach (var held in proxies.Where((_, i) => (edit + i) % 2 == 0))
            {
                held.Compare(fresh, () => $"seed {seed}, edit {edit}, the last ones:\n{string.Join('\n', edits.TakeLast(6))}");
            }
        }
    }

    private static IEnumerable<ProxyNode> Proxies()
    {
        ProxyNode Node(string ns, string name, string address, ProxyType type, string app) => new()
        {
            Id = $"{name}.{ns}",
            Type = type,
            Addresses = [address],
            DnsDomain = $"{ns}.svc.cluster.local",
            Namespace = ns,
            ClusterId = "Kubernetes",
            NodeName = "n0",
            Labels = new[] { KeyValuePair.Create("app", app), KeyValuePair.Create("version", "v1"), KeyValuePair.Create("istio", "ingressgateway") }.ToEquatableMap(),
            Metadata = new[] { KeyValuePair.Create("NAME", name), KeyValuePair.Create("NAMESPACE", ns) }.ToEquatableMap(),
        };
        yield return Node("a", "p0", "10.1.0.1", ProxyType.Sidecar, "s0");
        yield return Node("a", "p1", "10.1.0.2", ProxyType.Sidecar, "s1");
        yield return Node("b", "p0", "10.2.0.1", ProxyType.Sidecar, "s1");
        yield return Node("istio-system", "p2", "10.3.0.3", ProxyType.Router, "gw");
        yield return Node("a", "vm", "10.9.0.1", ProxyType.Sidecar, "s2");
    }

    /// <summary>A proxy and what it has been sent.</summary>
    private sealed class Held(ConnectedProxy proxy)
    {
        private readonly Dictionary<string, IReadOnlyList<XdsResource>> _lists = [];
        private readonly Dictionary<(string Type, string Name), XdsResource> _named = [];
        private readonly Dictionary<string, object?> _bases = [];

        // As a stream does it: a push of everything is left out where what it is made from is as before.
        public void Take(XdsPush<ConnectedProxy> push, TranslationGenerator generator, MeshSnapshot mesh, bool isFirst)
        {
            if (!isFirst && push.Concerns?.Invoke(null!, proxy) == false)
            {
                return;
            }

            foreach (var type in Types.Where(type => push.TypeUrls?.Contains(type) != false))
            {
                if (push.Names is null)
                {
                    var basis = generator.BasisOf(mesh, proxy, type);
                    if (_bases.TryGetValue(type, out var known) && known is not null && known.Equals(basis))
                    {
                        continue;
                    }

                    _bases[type] = basis;
                }

                if (XdsTypes.IsWildcard(type))
                {
                    _lists[type] = generator.Generate(mesh, proxy, new XdsQuery(type, true, new HashSet<string>()))!;
                    continue;
                }

                var names = NamesOf(type).Where(name => push.Names?.Contains(name) != false).ToHashSet();
                foreach (var resource in generator.Generate(mesh, proxy, new XdsQuery(type, false, names, push.Names is not null))!)
                {
                    _named[(type, resource.Name)] = resource;
                }
            }
        }

        public void Compare(MeshSnapshot fresh, Func<string> story)
        {
            var node = NodeReader.Recognise(proxy.Node, fresh);
            foreach (var type in Types)
            {
                EquatableArray<string> names = XdsTypes.IsWildcard(type) ? [] : NamesOf(type).Order(StringComparer.Ordinal).ToEquatableArray();
                var expected = ProxyTranslator.Translate(new TranslationRequest(fresh, node, type, names)).Resources;
                var actual = XdsTypes.IsWildcard(type) ? _lists[type] : [.. names.Select(name => _named[(type, name)])];
                actual.Select(resource => resource.Name).ShouldBe(expected.Select(resource => resource.Name), story());
                foreach (var (have, want) in actual.Zip(expected))
                {
                    if (!have.Body.Value.Span.SequenceEqual(want.Resource.Value.Span))
                    {
                        Assert.Fail($"{proxy.Node.Id} has another {have.Name} than a fresh build gives; {story()}\nhas  {XdsJson.Format(have.Body)}\nwant {XdsJson.Format(want.Resource)}");
                    }
                }
            }
        }

        private static IReadOnlyCollection<string> NamesOf(string type) => type == TypeUrls.RouteConfiguration ? Routes : Clusters;
    }
}
