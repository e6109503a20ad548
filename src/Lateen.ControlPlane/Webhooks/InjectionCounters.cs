using System.Text;
using Lateen.ControlPlane.Debug;
using Lateen.Injection.Admission;

namespace Lateen.ControlPlane.Webhooks;

/// <summary>What the webhook did, as the metrics sidecar_injection_* of Istio's control plane.</summary>
internal sealed class InjectionCounters
{
    private readonly Histogram _times = new(
        "sidecar_injection_time_seconds", "Time that a call took.", 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10);

    private long _success;
    private long _skip;
    private long _failure;

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

        _times.Observe(took);
    }

    public void Render(StringBuilder page)
    {
        MetricText.Single(page, "sidecar_injection_requests_total", "counter", "Calls of the injection webhook.", Injected + Skipped + Failed);
        MetricText.Single(page, "sidecar_injection_success_total", "counter", "Pods that were injected.", Injected);
        MetricText.Single(page, "sidecar_injection_failure_total", "counter", "Calls that failed.", Failed);
        MetricText.Single(page, "sidecar_injection_skip_total", "counter", "Pods that were let through without a sidecar.", Skipped);
        _times.Render(page);
    }
}
