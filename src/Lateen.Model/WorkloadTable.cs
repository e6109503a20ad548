using System.Collections.Immutable;
using Lateen.Model.Workloads;

namespace Lateen.Model;

/// <summary>The pods, found by address.</summary>
public sealed class WorkloadTable
{
    private readonly ImmutableDictionary<string, EquatableArray<Workload>> _byAddress;

    private WorkloadTable(ImmutableDictionary<string, EquatableArray<Workload>> byAddress) => _byAddress = byAddress;

    /// <summary>A table of no pods.</summary>
    public static WorkloadTable Empty { get; } = new(ImmutableDictionary<string, EquatableArray<Workload>>.Empty);

    /// <summary>The pod at an address. Of several (host network) the first by namespace and name, whatever came first.</summary>
    public Workload? At(string address) => _byAddress.TryGetValue(address, out var pods) ? pods[0] : null;

    /// <summary>The pods at some addresses.</summary>
    public EquatableArray<Workload> AtAny(EquatableArray<string> addresses) =>
        addresses.Select(At).OfType<Workload>().DistinctBy(pod => (pod.Namespace, pod.Name)).ToEquatableArray();

    /// <summary>A table of these pods alone.</summary>
    public static WorkloadTable Build(EquatableArray<Workload> workloads)
    {
        var lists = new Dictionary<string, EquatableArray<Workload>>();
        foreach (var workload in workloads)
        {
            foreach (var address in workload.Addresses)
            {
                lists[address] = Insert(lists.TryGetValue(address, out var known) ? known : default, workload);
            }
        }

        return new(lists.ToImmutableDictionary());
    }

    internal WorkloadTable With(Workload? old, Workload? @new)
    {
        var next = _byAddress;
        foreach (var address in old?.Addresses ?? default)
        {
            if (next.TryGetValue(address, out var pods))
            {
                var rest = pods.Where(pod => pod.Namespace != old!.Namespace || pod.Name != old.Name).ToEquatableArray();
                next = rest.IsEmpty ? next.Remove(address) : next.SetItem(address, rest);
            }
        }

        foreach (var address in @new?.Addresses ?? default)
        {
            next = next.SetItem(address, Insert(next.TryGetValue(address, out var pods) ? pods : default, @new!));
        }

        return new(next);
    }

    private static EquatableArray<Workload> Insert(EquatableArray<Workload> pods, Workload pod) => pods.IsEmpty
        ? [pod]
        : pods.Add(pod).OrderBy(p => p.Namespace, StringComparer.Ordinal).ThenBy(p => p.Name, StringComparer.Ordinal).ToEquatableArray();
}
