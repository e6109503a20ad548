using Lateen.Model.Workloads;
using Lateen.Translation.Routes;

namespace Lateen.Translation.Memos;

/// <summary>
/// What translations made of single services, across proxies, namespaces and snapshots: a change makes anew what it touches and finds the rest
/// here.
/// </summary>
/// <remarks>
/// A translation with a memo and one without give the same bytes; the property test compares them after each of many edits. Bounded; safe
/// from any thread.
/// </remarks>
public sealed class TranslationMemo
{
    // Clusters and load assignments of the largest meshes that one control plane is made for: 10,000 services with a few ports and subsets.
    private const int MaxServices = 50_000;
    private const int MaxRouteTables = 2_000;
    private const int MaxSurroundings = 1_000;

    private readonly Remembered<Surroundings, Surroundings> _surroundings = new(MaxSurroundings);

    internal Remembered<ClusterKey, NamedResource?> Clusters { get; } = new(MaxServices);

    internal Remembered<AssignmentKey, NamedResource> Assignments { get; } = new(MaxServices);

    /// <summary>The last route configuration of a name for proxies that are alike.</summary>
    internal Remembered<(ProxyNode Proxy, string Name), RouteTable> Routes { get; } = new(MaxRouteTables);

    /// <summary>The one object that stands for equal surroundings, so that keys can compare it by identity.</summary>
    internal Surroundings Intern(Surroundings surroundings) => _surroundings.Get(surroundings, 0, static (key, _) => key);
}
