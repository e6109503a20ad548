using System.Collections.Concurrent;
using System.Security.Cryptography;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Translation.Views;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Remembers what translations made, by all that they were given.</summary>
/// <remarks>
/// A result hangs at the view of the mesh that it was made from: when the view changes, its results go with it. Proxies that are alike get the
/// very same resources, and resources of equal content are one object for all namespaces. Safe from any thread; two threads that miss at once
/// make the same thing twice, which is harmless.
/// </remarks>
internal sealed class ResourceCache
{
    // A client may connect with any labels and ask for any names; what it makes us remember must not grow without end.
    private const int MaxResultsPerView = 50_000;

    // Far more than a person can read; what is left out stands in the next round when some of these are mended.
    private const int MaxProblemsPerView = 500;

    private readonly ConcurrentDictionary<ViewKey, Slot> _slots = [];
    private readonly ResourcePool _pool = new();

    /// <summary>The view of a snapshot for resources of one type and part; the same instance while it holds the same.</summary>
    public MeshView View(MeshSnapshot mesh, ViewKey key) => SlotOf(key).View(mesh).View;

    /// <summary>All shared resources of a type without names.</summary>
    public IReadOnlyList<XdsResource> Shared(MeshSnapshot mesh, MeshView view, ProxyNode shared) =>
        SlotOf(view.Key).ResultsOf(view) is var results
            ? results.Lists.Get(shared, () => Translate(view.In(mesh), shared, view.Key, [], results.Add))
            : [];

    /// <summary>A proxy's own resources; not remembered here, they are nobody else's.</summary>
    /// <param name="problems">Takes what could not be honoured.</param>
    public IReadOnlyList<XdsResource> Own(
        MeshSnapshot mesh, MeshView view, ProxyNode proxy, EquatableArray<Workload> pods, Action<IReadOnlyList<ModelProblem>> problems) =>
        Translate(view.In(mesh, pods.IsEmpty ? mesh.Endpoints : null, WorkloadTable.Build(pods)), proxy, view.Key, [], problems);

    /// <summary>What could not be honoured in the shared resources of a snapshot, as far as proxies have asked for them.</summary>
    public IEnumerable<ModelProblem> Problems(MeshSnapshot mesh) => _slots.Values.SelectMany(slot => slot.ProblemsOf(mesh));

    /// <summary>The resource of a name.</summary>
    public XdsResource Named(MeshSnapshot mesh, MeshView view, ProxyNode shared, string name)
    {
        var results = SlotOf(view.Key).ResultsOf(view);
        if (view.Key.TypeUrl != TypeUrls.ClusterLoadAssignment)
        {
            return results.ByName.Get((shared, name), () => Translate(view.In(mesh), shared, view.Key, [name], results.Add)[0]);
        }

        // A load assignment reads one service's endpoints: it holds as long as they are the same.
        var service = Naming.ParseOutbound(name) is { } parts
            && view.Index.ScopeOf(shared).ServicesByHost.TryGetValue(parts.Host, out var found) ? found.Key : default(ServiceKey?);
        var shard = service is { } key ? mesh.Endpoints.Find(key) : null;
        if (results.Assignments.TryGetValue((shared, name), out var known) && ReferenceEquals(known.Shard, shard))
        {
            return known.Resource;
        }

        var endpoints = service is { } of ? mesh.Endpoints.Only(of) : EndpointTable.Empty;
        var resource = Translate(view.In(mesh, endpoints), shared, view.Key, [name], results.Add)[0];
        if (results.Assignments.Count >= MaxResultsPerView)
        {
            results.Assignments.Clear();
        }

        results.Assignments[(shared, name)] = (shard, resource);
        return resource;
    }

    private Slot SlotOf(ViewKey key)
    {
        if (_slots.Count > 10_000)
        {
            // Namespaces that only a client claimed.
            _slots.Clear();
        }

        return _slots.GetOrAdd(key, static k => new Slot(k));
    }

    private XdsResource[] Translate(
        MeshSnapshot mesh, ProxyNode proxy, ViewKey key, EquatableArray<string> names, Action<IReadOnlyList<ModelProblem>> problems)
    {
        var result = ProxyTranslator.Translate(new TranslationRequest(mesh, proxy, key.TypeUrl, names, key.Part));
        problems(result.Problems);
        return [.. result.Resources.Select(resource => _pool.Of(resource.Name, Digest(resource.Resource), resource.Resource))];
    }

    private static string Digest(Any body) => Convert.ToHexStringLower(SHA256.HashData(body.Value.Span).AsSpan(0, 8));

    private sealed class Slot(ViewKey key)
    {
        private readonly ViewSlot _views = new(key);
        private Results? _results;

        public Results View(MeshSnapshot mesh) => ResultsOf(_views.Of(mesh));

        /// <summary>Nothing when what these results were made from has changed and nobody has asked since: it may be mended.</summary>
        public IEnumerable<ModelProblem> ProblemsOf(MeshSnapshot mesh) =>
            Volatile.Read(ref _results) is { Problems.IsEmpty: false } results && ReferenceEquals(results.View, _views.Of(mesh)) ? results.Problems.Keys : [];

        public Results ResultsOf(MeshView view)
        {
            var current = Volatile.Read(ref _results);
            if (current is null || !ReferenceEquals(current.View, view))
            {
                Volatile.Write(ref _results, current = new Results(view));
            }

            return current;
        }
    }

    private sealed class Results(MeshView view)
    {
        public MeshView View { get; } = view;

        public Memo<ProxyNode, XdsResource[]> Lists { get; } = new();

        public Memo<(ProxyNode Proxy, string Name), XdsResource> ByName { get; } = new();

        public ConcurrentDictionary<(ProxyNode Proxy, string Name), (EndpointShard? Shard, XdsResource Resource)> Assignments { get; } = [];

        public ConcurrentDictionary<ModelProblem, bool> Problems { get; } = [];

        public void Add(IReadOnlyList<ModelProblem> found)
        {
            for (var i = 0; i < found.Count && Problems.Count < MaxProblemsPerView; i++)
            {
                Problems.TryAdd(found[i], true);
            }
        }
    }

    private sealed class Memo<TKey, TValue>
        where TKey : notnull
    {
        private readonly ConcurrentDictionary<TKey, Lazy<TValue>> _values = [];

        public TValue Get(TKey key, Func<TValue> make)
        {
            if (_values.Count >= MaxResultsPerView)
            {
                _values.Clear();
            }

            // Hundreds of proxies ask for the same at once: one makes it, the others wait for it.
            return _values.GetOrAdd(key, static (_, make) => new Lazy<TValue>(make), make).Value;
        }
    }
}
