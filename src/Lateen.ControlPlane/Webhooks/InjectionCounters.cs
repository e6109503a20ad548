using System.Globalization;
using System.Text;
using Lateen.Injection.Admission;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>What the webhook did, as the metrics sidecar_injection_* of Istio's control plane.</summary>
internal sealed class InjectionCounters
{
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
    private readonly long[] _buckets = new long[Bounds.Length + 1];
    private long _success;
    private long _skip;
    private long _failure;
    private long _microseconds;

    public long Injected => Interlocked.Read(ref _success);

    public long Skipped => Interlocked.Read(ref _skip);

    public long Failed => Interlocked.Read(ref _failure);

    public void Count(AdmissionOutcome outcome, TimeSpan took)
    {
        switch (outcome)
        {
            case AdmissionOutcome.Injected:
                Interlocked.Increment(ref _success);
                break;
            case AdmissionOutcome.Skipped:
                Interlocked.Increment(ref _skip);
                break;
            default:
                Interlocked.Increment(ref _failure);
                break;
        }

        Interlocked.Add(ref _microseconds, (long)took.TotalMicroseconds);
        var bucket = Array.FindIndex(Bounds, bound => took.TotalSeconds <= bound);
        Interlocked.Increment(ref _buckets[bucket < 0 ? Bounds.Length : bucket]);
    }

    /// <summary>The metrics in Prometheus' text format.</summary>
    public string Render()
    {
        var into = new StringBuilder();
        Total(into, "sidecar_injection_requests_total", "Calls of the injection webhook.", Injected + Skipped + Failed);
        Total(into, "sidecar_injection_success_total", "Pods that were injected.", Injected);
        Total(into, "sidecar_injection_failure_total", "Calls that failed.", Failed);
        Total(into, "sidecar_injection_skip_total", "Pods that were let through without a sidecar.", Skipped);
        const string Name = "sidecar_injection_time_seconds";
        into.Append(CultureInfo.InvariantCulture, $"# HELP {Name} Time that a call took.\n# TYPE {Name} histogram\n");
        long sum = 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            sum += Interlocked.Read(ref _buckets[i]);
            var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            into.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{le=\"{bound}\"}} {sum}\n");
        }

        into.Append(CultureInfo.InvariantCulture, $"{Name}_sum {Interlocked.Read(ref _microseconds) / 1e6}\n{Name}_count {sum}\n");
        return into.ToString();
    }

    private static void Total(StringBuilder into, string name, string help, long value) =>
        into.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n");
}
