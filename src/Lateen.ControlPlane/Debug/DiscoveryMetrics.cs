using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Lateen.Api;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>Counters of the control plane in Prometheus' text form, named as Istio's (control plane sheet, 18).</summary>
internal sealed class DiscoveryMetrics(TimeProvider time) : IXdsServerObserver
{
    private readonly long _start = time.GetTimestamp();
    private readonly ConcurrentDictionary<string, long> _pushes = new();
    private readonly ConcurrentDictionary<string, long> _bytes = new();
    private readonly ConcurrentDictionary<string, long> _rejects = new();
    private readonly ConcurrentDictionary<string, long> _triggers = new();
    private readonly TimeHistogram _pushTimes = new("pilot_xds_push_time", "Seconds from the begin of making a response to its end of sending", "type");
    private long _staleNonces;

    public void Pushed(XdsPeer peer, string typeUrl, int resources, int bytes, TimeSpan duration)
    {
        var type = TypeUrls.ShortName(typeUrl);
        _pushes.AddOrUpdate(type, 1, static (_, count) => count + 1);
        _bytes[type] = bytes;
        _pushTimes.Observe(type, duration);
    }

    public void Rejected(XdsPeer peer, string typeUrl, string message, IReadOnlyList<string> names) =>
        _rejects.AddOrUpdate(TypeUrls.ShortName(typeUrl), 1, static (_, count) => count + 1);

    public void StaleNonce(XdsPeer peer, string typeUrl) => Interlocked.Increment(ref _staleNonces);

    /// <summary>Counts why a push was announced: config, endpoint.</summary>
    public void Triggered(string reason) => _triggers.AddOrUpdate(reason, 1, static (_, count) => count + 1);

    /// <summary>The page.</summary>
    public string Render(int connections, int services, int virtualServices, string version)
    {
        var page = new StringBuilder();
        Gauge(page, "istiod_uptime_seconds", "Seconds since the start", time.GetElapsedTime(_start).TotalSeconds);
        Line(page, "pilot_info", "gauge", "Version of the control plane", [($"version=\"{version}\"", 1)]);
        Line(page, "pilot_xds", "gauge", "Connected proxies", [($"version=\"{version}\"", connections)]);
        Gauge(page, "pilot_services", "Services known", services);
        Gauge(page, "pilot_virt_services", "VirtualServices known", virtualServices);
        Line(page, "pilot_xds_pushes", "counter", "Responses sent", ByType(_pushes));
        Line(page, "pilot_total_xds_rejects", "counter", "Responses refused by proxies", ByType(_rejects));
        Line(page, "pilot_push_triggers", "counter", "Pushes announced", ByType(_triggers));
        Line(page, "pilot_xds_config_size_bytes", "gauge", "Bytes of the last response", ByType(_bytes));
        Line(page, "pilot_xds_expired_nonce", "counter", "Requests with an old nonce", [("", Interlocked.Read(ref _staleNonces))]);
        _pushTimes.Render(page);
        return page.ToString();
    }

    private static IEnumerable<(string, double)> ByType(ConcurrentDictionary<string, long> counts) =>
        counts.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => ($"type=\"{entry.Key}\"", (double)entry.Value));

    private static void Gauge(StringBuilder page, string name, string help, double value) => Line(page, name, "gauge", help, [("", value)]);

    private static void Line(StringBuilder page, string name, string type, string help, IEnumerable<(string Labels, double Value)> samples)
    {
        page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
        foreach (var (labels, value) in samples)
        {
            page.Append(name);
            if (labels.Length > 0)
            {
                page.Append('{').Append(labels).Append('}');
            }

            page.Append(CultureInfo.InvariantCulture, $" {value:0.######}\n");
        }
    }
}
