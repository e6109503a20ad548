using System.Collections.Concurrent;
using Lateen.Model.Scope;
using Lateen.Model.Services;

namespace Lateen.Model;

/// <summary>All services, the oldest first, and how they are found.</summary>
public sealed class ServiceTable
{
    private readonly Dictionary<string, EquatableArray<Service>> _byHost;
    private readonly Dictionary<string, EquatableArray<Service>> _selecting;
    private readonly ConcurrentDictionary<(string Namespace, EquatableArray<string> DefaultExportTo), VisibleServices> _visible = [];
    private VisibleServices? _whole;

    private ServiceTable(EquatableArray<Service> oldestFirst)
    {
        All = oldestFirst;
        _byHost = ((IEnumerable<Service>)oldestFirst).GroupBy(s => s.Hostname).ToDictionary(g => g.Key, g => g.ToEquatableArray());
        _selecting = ((IEnumerable<Service>)oldestFirst)
            .Where(s => s.Registry == Registry.Kubernetes && !s.Selector.IsEmpty)
            .GroupBy(s => s.Namespace)
            .ToDictionary(g => g.Key, g => g.ToEquatableArray());
    }

    /// <summary>The oldest first, then by name and namespace.</summary>
    public EquatableArray<Service> All { get; }

    /// <summary>A table of services in any order.</summary>
    public static ServiceTable Of(IEnumerable<Service> services)
    {
        // Stable: entries of one host and age keep the order of the objects that they come from.
        return new(services.Order(Comparer<Service>.Create(CompareAge)).ToEquatableArray());
    }

    /// <summary>A table of services that are in order.</summary>
    public static ServiceTable OfSorted(EquatableArray<Service> oldestFirst) => new(oldestFirst);

    /// <summary>The services of that host in any namespace.</summary>
    public EquatableArray<Service> OfHost(string hostname) => _byHost.TryGetValue(hostname, out var found) ? found : default;

    /// <summary>The Kubernetes services of a namespace that choose pods by labels, the oldest first.</summary>
    public EquatableArray<Service> SelectingIn(string @namespace) => _selecting.TryGetValue(@namespace, out var found) ? found : default;

    /// <summary>What is exported to a namespace. Where that is everything, it is the very same for all namespaces.</summary>
    /// <remarks>Made on first use and remembered, which is safe as it is pure.</remarks>
    internal VisibleServices VisibleIn(string @namespace, EquatableArray<string> defaultExportTo) =>
        _visible.GetOrAdd((@namespace, defaultExportTo), static (key, table) => table.Visible(key.Namespace, key.DefaultExportTo), this);

    private VisibleServices Visible(string @namespace, EquatableArray<string> defaultExportTo)
    {
        var visible = All.Where(s => Visibility.IsVisible(s.ExportTo, defaultExportTo, s.Namespace, @namespace)).ToEquatableArray();
        return visible.Count == All.Count ? _whole ??= new VisibleServices(All) : new VisibleServices(visible);
    }

    /// <summary>The order of <see cref="All"/>.</summary>
    public static int CompareAge(Service a, Service b)
    {
        var byTime = a.CreationTime.CompareTo(b.CreationTime);
        return byTime != 0 ? byTime : ConfigOrder.CompareDotted(a.Name, a.Namespace, b.Name, b.Namespace);
    }
}
