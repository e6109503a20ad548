using System.Collections.Concurrent;
using Lateen.Api;
using Lateen.Model;
using Lateen.Model.Services;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Translation.Memos;
using Lateen.Translation.Views;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Discovery;

/// <summary>Remembers what translations made, by all that they were given.</summary>
/// <remarks>
/// A result hangs at the view of the mesh that it was made from: when the view changes, its results go with it. Proxies that are alike get the
/// very same resources, and resources of equal content are one object for all namespaces. What single services contribute is remembered
/// across views, so that another view costs what differs in it. Safe from any thread.
/// </remarks>
internal sealed class ResourceCache
{
    // Namespaces that only a client claimed: a view is small, but there is no end to names.
    private const int MaxSlots = 10_000;

    // Far more than a person can read; what is left out stands in the next round when some of these are mended.
    private const int MaxProblemsPerView = 500;

    private readonly ConcurrentDictionary<ViewKey, Slot> _slots = [];
    private readonly ResourcePool _pool = new();
    private readonly TranslationMemo _memo = new();
    private int _slotCount;
    private long _hits;
    private long _misses;
    private long _evictions;

    /// <summary>How often a resource, or a whole list, was there when it was asked for.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>How often it had to be made.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>How often everything was forgotten.</summary>
    public long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>The resources that are kept, each once.</summary>
    public IReadOnlyCollection<XdsResource> Kept() =>
        _slots.Values.SelectMany(slot => slot.Kept()).ToHashSet<XdsResource>(ReferenceEqualityComparer.Instance);

    /// <summary>Forgets everything; it is made anew when it is asked for.</summary>
    public void Clear()
    {
        _slots.Clear();
        Interlocked.Exchange(ref _slotCount, 0);
        Interlocked.Increment(ref _evictions);
    }

    /// <summary>The view of a snapshot for resources of one type and part; the same instance while it holds the same.</summary>
    public MeshView View(MeshSnapshot mesh, ViewKey key) => SlotOf(key).View(mesh);

    /// <summary>All shared resources of a type without names.</summary>
    public IReadOnlyList<XdsResource> Shared(MeshSnapshot mesh, MeshView view, ProxyNode shared)
    {
        var results = ResultsOf(view);
        var made = 0;
        var list = results.Of(shared).List(() =>
        {
            made = 1;
            return Translate(view.In(mesh), shared, view.Key, [], results.Add);
        });
        Count(1, made);
        return list;
    }

    /// <summary>A proxy's own resources; not remembered here, they are nobody else's.</summary>
    /// <param name="problems">Takes what could not be honoured.</param>
    public IReadOnlyList<XdsResource> Own(
        MeshSnapshot mesh, MeshView view, ProxyNode proxy, EquatableArray<Workload> pods, Action<IReadOnlyList<ModelProblem>> problems) =>
        Translate(view.In(mesh, pods.IsEmpty ? mesh.Endpoints : null, WorkloadTable.Build(pods)), proxy, view.Key, [], problems);

    /// <summary>What could not be honoured in the shared resources of a snapshot, as far as proxies have asked for them.</summary>
    public IEnumerable<ModelProblem> Problems(MeshSnapshot mesh) => _slots.Values.SelectMany(slot => slot.ProblemsOf(mesh));

    /// <summary>The resources of some names, in their order.</summary>
    public IReadOnlyList<XdsResource> Named(MeshSnapshot mesh, MeshView view, ProxyNode shared, IReadOnlyCollection<string> names)
    {
        var results = ResultsOf(view);
        if (view.Key.TypeUrl == TypeUrls.ClusterLoadAssignment)
        {
            return Assignments(mesh, view, shared, names, results);
        }

        var made = 0;
        XdsResource[] found = [.. names.Select(name => results.Of(shared).ByName(name, () =>
        {
            made++;
            return Translate(view.In(mesh), shared, view.Key, [name], results.Add)[0];
        }))];
        Count(names.Count, made);
        return found;
    }

    private void Count(int asked, int made)
    {
        Interlocked.Add(ref _hits, asked - made);
        Interlocked.Add(ref _misses, made);
    }

    private XdsResource[] Assignments(
        MeshSnapshot mesh, MeshView view, ProxyNode shared, IReadOnlyCollection<string> names, ViewResults of)
    {
        var results = of.Of(shared);
        if (results.AnswerOf(names, mesh.Endpoints) is { } answer)
        {
            Count(names.Count, 0);
            return answer;
        }

        var found = new XdsResource?[names.Count];
        if (results.Find(names, mesh.Endpoints, found))
        {
            Count(names.Count, 0);
            results.Answered(names, mesh.Endpoints, found!);
            return found!;
        }

        // Hundreds of proxies ask for the same at once: one makes it, the others wait for it.
        lock (results)
        {
            results.Find(names, mesh.Endpoints, found);
            var missing = names.Where((_, i) => found[i] is null).ToEquatableArray();
            Count(names.Count, missing.Count);
            var services = missing.IsEmpty ? null : view.Index.ScopeOf(shared).ServicesByHost;
            var made = missing.IsEmpty ? [] : Translate(view.In(mesh, mesh.Endpoints), shared, view.Key, missing, of.Add).AsSpan();
            for (var (i, next) = (0, 0); next < made.Length; i++)
            {
                if (found[i] is null)
                {
                    // A load assignment reads one service's endpoints: it holds as long as they are the same.
                    var service = Naming.ParseOutbound(missing[next]) is { } parts && services!.TryGetValue(parts.Host, out var named)
                        ? named.Key
                        : default(ServiceKey?);
                    found[i] = made[next];
                    results.Keep(missing[next], service, mesh.Endpoints, made[next++]);
                }
            }
        }

        return found!;
    }

    private ViewResults ResultsOf(MeshView view) => SlotOf(view.Key).ResultsOf(view);

    private Slot SlotOf(ViewKey key)
    {
        if (_slots.TryGetValue(key, out var slot))
        {
            return slot;
        }

        if (Interlocked.Increment(ref _slotCount) > MaxSlots)
        {
            Clear();
            Interlocked.Increment(ref _slotCount);
        }

        return _slots.GetOrAdd(key, static k => new Slot(k));
    }

    private XdsResource[] Translate(
        MeshSnapshot mesh, ProxyNode proxy, ViewKey key, EquatableArray<string> names, Action<IReadOnlyList<ModelProblem>> problems)
    {
        var result = ProxyTranslator.Translate(new TranslationRequest(mesh, proxy, key.TypeUrl, names, key.Part), _memo);
        problems(result.Problems);
        return [.. result.Resources.Select(_pool.Of)];
    }

    private sealed class Slot(ViewKey key)
    {
        private readonly ViewSlot _views = new(key);
        private ViewResults? _results;

        public MeshView View(MeshSnapshot mesh) => _views.Of(mesh);

        /// <summary>Nothing when what these results were made from has changed and nobody has asked since: it may be mended.</summary>
        public IEnumerable<ModelProblem> ProblemsOf(MeshSnapshot mesh) =>
            Volatile.Read(ref _results) is { Problems.IsEmpty: false } results && ReferenceEquals(results.View, _views.Of(mesh)) ? results.Problems.Keys : [];

        public IEnumerable<XdsResource> Kept() => Volatile.Read(ref _results)?.Kept() ?? [];

        public ViewResults ResultsOf(MeshView view)
        {
            var current = Volatile.Read(ref _results);
            if (current is null || !ReferenceEquals(current.View, view))
            {
                Volatile.Write(ref _results, current = new ViewResults(view));
            }

            return current;
        }
    }

    /// <summary>What was made of one view, by what of a proxy counts.</summary>
    private sealed class ViewResults(MeshView view)
    {
        // A client may connect with any labels; what it makes us remember must not grow without end.
        private const int MaxProxies = 5_000;

        private readonly ConcurrentDictionary<ProxyNode, ProxyResults> _proxies = [];
        private int _count;

        public MeshView View { get; } = view;

        public ConcurrentDictionary<ModelProblem, bool> Problems { get; } = [];

        public void Add(IReadOnlyList<ModelProblem> found)
        {
            for (var i = 0; i < found.Count && Problems.Count < MaxProblemsPerView; i++)
            {
                Problems.TryAdd(found[i], true);
            }
        }

        public IEnumerable<XdsResource> Kept() => _proxies.Values.SelectMany(results => results.Kept());

        public ProxyResults Of(ProxyNode shared)
        {
            if (_proxies.TryGetValue(shared, out var results))
            {
                return results;
            }

            if (Interlocked.Increment(ref _count) > MaxProxies)
            {
                _proxies.Clear();
                Interlocked.Exchange(ref _count, 1);
            }

            return _proxies.GetOrAdd(shared, static _ => new ProxyResults());
        }
    }
}
