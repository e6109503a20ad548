using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Lateen.ControlPlane.Debug;

/// <summary>Counters of what the control plane did, under Istio's names. Safe from any thread.</summary>
/// <remarks>Labels are of closed sets (kinds, reasons of ours): their number does not grow with use.</remarks>
internal sealed class EventCounters
{
    public const string ValidationPassed = "galley_validation_passed";
    public const string ValidationFailed = "galley_validation_failed";
    public const string ValidationUnreadable = "galley_validation_http_error";
    public const string CertificateRequests = "citadel_server_csr_count";
    public const string CertificatesIssued = "citadel_server_success_cert_issuance_count";
    public const string CallersUnknown = "citadel_server_authentication_failure_count";
    public const string RequestsNotSigned = "citadel_server_csr_sign_err_count";

    private static readonly (string Name, string Help)[] Names =
    [
        (ValidationPassed, "Resources that admission let pass"),
        (ValidationFailed, "Resources that admission refused"),
        (ValidationUnreadable, "Calls of the validation webhook that were no review"),
        (CertificateRequests, "Requests for a certificate"),
        (CertificatesIssued, "Certificates that were issued"),
        (CallersUnknown, "Requests of callers that could not prove who they are"),
        (RequestsNotSigned, "Requests that could not be signed"),
    ];

    private readonly ConcurrentDictionary<(string Name, string Labels), long> _counts = new();

    /// <summary>Counts one.</summary>
    /// <param name="name">One of the names of this class.</param>
    /// <param name="labels">`kind="VirtualService"`; empty for none.</param>
    public void Count(string name, string labels = "") => _counts.AddOrUpdate((name, labels), 1, static (_, count) => count + 1);

    /// <summary>The counters in Prometheus' text format; one that never counted is 0.</summary>
    public string Render()
    {
        var page = new StringBuilder();
        foreach (var (name, help) in Names)
        {
            page.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} counter\n");
            var series = _counts.Where(entry => entry.Key.Name == name).OrderBy(entry => entry.Key.Labels, StringComparer.Ordinal).ToList();
            foreach (var ((_, labels), count) in series)
            {
                page.Append(name).Append(labels.Length > 0 ? $"{{{labels}}}" : "").Append(CultureInfo.InvariantCulture, $" {count}\n");
            }

            if (series.Count == 0)
            {
                page.Append(name).Append(" 0\n");
            }
        }

        return page.ToString();
    }
}
