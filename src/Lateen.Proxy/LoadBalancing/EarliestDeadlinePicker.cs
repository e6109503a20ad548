using Lateen.Proxy.Clusters;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.LoadBalancing;

/// <summary>Weighted choice: each host is due again 1/weight after it was picked, the one due first is taken (Envoy: EDF scheduler).</summary>
/// <remarks>For LEAST_REQUEST the weight is divided by the host's requests in flight plus one, at the time it is put back. Allocates nothing per pick.</remarks>
internal sealed class EarliestDeadlinePicker : HostPicker
{
    private readonly bool _byActiveRequests;
    private readonly PriorityQueue<Host, (double Deadline, long Order)> _queue;
    private double _now;
    private long _order;

    public EarliestDeadlinePicker(Host[] hosts, bool byActiveRequests, FastRandom random)
    {
        _byActiveRequests = byActiveRequests;
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

    private void Add(Host host)
    {
        double weight = host.Config.Weight;
        if (_byActiveRequests)
        {
            weight /= host.ActiveRequests + 1;
        }
        _queue.Enqueue(host, (_now + (1 / weight), _order++));
    }
}
