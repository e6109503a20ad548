using System.Text.Json.Nodes;
using Lateen.Config;
using Lateen.Config.Sources.Kubernetes;

namespace Lateen.ControlPlane.Status;

/// <summary>One replica's report as it is stored.</summary>
internal sealed record ReplicaReport(ObjectKey Key, DistributionReport Report);

/// <summary>The reports of the other replicas; a sink of their ConfigMaps.</summary>
/// <remarks>A replica that crashed reports no more: who was silent for <see cref="Patience"/>, by the clock of the one who counts, has no proxies.</remarks>
internal sealed class ReplicaReports(string pod, TimeProvider time) : IInformerSink<ReplicaReport>
{
    /// <summary>The label of the ConfigMaps.</summary>
    public const string Label = "lateen.io/distribution-report";

    /// <summary>The field that holds the report.</summary>
    public const string Field = "report";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (DistributionReport Report, long At)> _reports = [];

    /// <summary>The name of a replica's ConfigMap.</summary>
    public static string NameOf(string pod) => $"{pod}-distribution";

    public static ObjectSelector Selector(string ns) => new(ns, Labels: $"{Label}=true");

    /// <summary>A ConfigMap without the field is not a report: it says of nothing, as one that an API server sends though it was not selected.</summary>
    /// <exception cref="FormatException">The field is no report.</exception>
    public static ReplicaReport Read(JsonObject stored) => new(
        ObjectKey.Of(stored),
        stored.Text("data", Field) is { Length: > 0 } text ? DistributionReport.Parse(text) : DistributionReport.Empty);

    /// <summary>How many of the other replicas' proxies have an object.</summary>
    /// <param name="version">The resource version that the object had when its spec became what it is.</param>
    public DistributionCount Of(ResourceName name, ulong version)
    {
        var total = new DistributionCount(0, 0);
        lock (_lock)
        {
            foreach (var (report, at) in _reports.Values)
            {
                if (time.GetElapsedTime(at) < Patience)
                {
                    total = total.Plus(report.Of(name, version));
                }
            }
        }

        return total;
    }

    public void Reset(IReadOnlyList<ReplicaReport> items)
    {
        lock (_lock)
        {
            _reports.Clear();
        }

        foreach (var item in items)
        {
            Upsert(item);
        }
    }

    public void Upsert(ReplicaReport item)
    {
        // The own one is from a time when somebody else led.
        if (item.Key.Name != NameOf(pod))
        {
            lock (_lock)
            {
                _reports[item.Key.Name] = (item.Report, time.GetTimestamp());
            }
        }
    }

    public void Delete(ObjectKey key)
    {
        lock (_lock)
        {
            _reports.Remove(key.Name);
        }
    }
}
