using System.Collections.Concurrent;
using System.Text;
using Lateen.Api;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>What is measured of pushes, under Istio's names and in its buckets (control plane sheet, 18).</summary>
internal sealed class DiscoveryMetrics : IXdsServerObserver
{
    private readonly ConcurrentDictionary<string, long> _pushes = new();
    private readonly ConcurrentDictionary<string, long> _rejects = new();
    private readonly ConcurrentDictionary<string, long> _triggers = new();
    private readonly Histogram _sizes = new("pilot_xds_config_size_bytes", "Bytes of the responses sent", 1, 10_000, 1e6, 4e6, 1e7, 4e7) { IsPlain = false };
    private readonly Histogram _convergence = new(
        "pilot_proxy_convergence_time", "Seconds from the arrival of a change until a proxy was sent all that it needs of it", 0.1, 0.5, 1, 3, 5, 10, 20, 30);

    private readonly Histogram _queueTimes = new(
        "pilot_proxy_queue_time", "Seconds that a proxy waited for its push to begin", 0.1, 0.5, 1, 3, 5, 10, 20, 30);

    private readonly Histogram _pushTimes = new(
        "pilot_xds_push_time", "Seconds from the begin of making a response to its end of sending", 0.01, 0.1, 1, 3, 5, 10, 20, 30) { IsPlain = false };

    private readonly Histogram _sendTimes = new("pilot_xds_send_time", "Seconds that it took to send a response", 0.01, 0.1, 1, 3, 5, 10, 20, 30);
    private readonly Histogram _builds = new(
        "pilot_pushcontext_init_seconds", "Seconds that it took to build a snapshot of the mesh", 0.01, 0.1, 0.5, 1, 3, 5);

    private readonly Histogram _debounce = new(
        "pilot_debounce_time", "Seconds from the arrival of the first change of a push until the push was announced", 0.01, 0.1, 1, 3, 5, 10, 20, 30);

    private long _staleNonces;

    public void Pushed(XdsPeer peer, string typeUrl, XdsSent sent)
    {
        var type = TypeUrls.ShortName(typeUrl);
        var label = MetricText.Label("type", type);
        _pushes.AddOrUpdate(type, 1, static (_, count) => count + 1);
        _sizes.Observe(sent.Bytes, label);
        _pushTimes.Observe(sent.Duration, label);
        _sendTimes.Observe(sent.Sending);
    }

    public void Rejected(XdsPeer peer, string typeUrl, string message, IReadOnlyList<string> names) =>
        _rejects.AddOrUpdate(TypeUrls.ShortName(typeUrl), 1, static (_, count) => count + 1);

    public void StaleNonce(XdsPeer peer, string typeUrl) => Interlocked.Increment(ref _staleNonces);

    public void Queued(XdsPeer peer, TimeSpan waited) => _queueTimes.Observe(waited);

    public void Converged(XdsPeer peer, TimeSpan took) => _convergence.Observe(took);

    /// <summary>Counts why a push was announced: config, endpoint, proxy, secret, debug.</summary>
    public void Triggered(string reason) => _triggers.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    /// <summary>A snapshot was built.</summary>
    public void Built(TimeSpan took) => _builds.Observe(took);

    /// <summary>A push was announced, so long after the first of its changes came.</summary>
    public void Announced(TimeSpan waited) => _debounce.Observe(waited);

    public void Render(StringBuilder page)
    {
        Counts(page, "pilot_xds_pushes", "Responses sent", _pushes);
        Counts(page, "pilot_total_xds_rejects", "Responses refused by proxies", _rejects);
        Counts(page, "pilot_push_triggers", "Pushes announced", _triggers);
        MetricText.Single(page, "pilot_xds_expired_nonce", "counter", "Requests with an old nonce", Interlocked.Read(ref _staleNonces));
        foreach (var histogram in (ReadOnlySpan<Histogram>)[_sizes, _convergence, _queueTimes, _pushTimes, _sendTimes, _builds, _debounce])
        {
            histogram.Render(page);
        }
    }

    private static void Counts(StringBuilder page, string name, string help, ConcurrentDictionary<string, long> counts)
    {
        MetricText.Header(page, name, "counter", help);
        foreach (var (type, count) in counts.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            MetricText.Sample(page, name, MetricText.Label("type", type), count);
        }
    }
}
