using Lateen.Proxy.Clusters;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Weighted choice: each host is due again 1/weight after it was picked, the one due first is taken (Envoy: EDF scheduler).</summary>
/// <remarks>The weight is looked at when the host is put back, so requests in flight and slow start act then. Allocates nothing per pick.</remarks>
internal sealed class EarliestDeadlinePicker : HostPicker
{
    private readonly HostWeight _weight;
    private readonly PriorityQueue<Host, (double Deadline, long Order)> _queue;
    private double _now;
    private long _order;

    public EarliestDeadlinePicker(Host[] hosts, HostWeight weight, FastRandom random)
    {
        _weight = weight;
        _queue = new PriorityQueue<Host, (double, long)>(hosts.Length + 1);
        foreach (Host host in hosts)
        {
            Add(host);
        }
        // A random start, as every rebuild begins a new cycle.
        for (int skip = random.Below(hosts.Length); skip > 0; skip--)
        {
            Pick(random);
        }
    }

    public override Host Pick(FastRandom random)
    {
        _queue.TryDequeue(out Host? host, out (double Deadline, long) due);
        _now = due.Deadline;
        Add(host!);
        return host!;
    }

    private void Add(Host host) => _queue.Enqueue(host, (_now + (1 / _weight.Of(host)), _order++));
}
