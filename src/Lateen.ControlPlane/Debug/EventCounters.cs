using System.Collections.Concurrent;
using System.Text;

namespace Lateen.ControlPlane.Debug;

/// <summary>Counters of what the control plane did, under Istio's names. Safe from any thread.</summary>
/// <remarks>Labels are kinds and reasons of ours, or names of objects that somebody made: their number does not grow with use.</remarks>
internal sealed class EventCounters
{
    public const string ValidationPassed = "galley_validation_passed";
    public const string ValidationFailed = "galley_validation_failed";
    public const string ValidationUnreadable = "galley_validation_http_error";
    public const string CertificateRequests = "citadel_server_csr_count";
    public const string CertificatesIssued = "citadel_server_success_cert_issuance_count";
    public const string CallersUnknown = "citadel_server_authentication_failure_count";
    public const string RequestsNotSigned = "citadel_server_csr_sign_err_count";
    public const string InboundUpdates = "pilot_inbound_updates";
    public const string RegistryEvents = "pilot_k8s_reg_events";
    public const string ConfigEvents = "pilot_k8s_cfg_events";
    public const string RejectedConfigs = "pilot_total_rejected_configs";
    public const string SecretErrors = "pilot_sds_certificate_errors_total";
    public const string KeySetsFetched = "pilot_jwks_resolver_network_fetch_success_total";
    public const string KeySetsNotFetched = "pilot_jwks_resolver_network_fetch_fail_total";
    public const string WebhookPatches = "webhook_patch_attempts_total";
    public const string WebhookPatchesFailed = "webhook_patch_failures_total";
    public const string WebhookPatchesRepeated = "webhook_patch_retries_total";

    // A name that is told without labels while it never counted must not have labels later.
    private static readonly (string Name, string Help, bool IsPlain)[] Names =
    [
        (ValidationPassed, "Resources that admission let pass", false),
        (ValidationFailed, "Resources that admission refused", false),
        (ValidationUnreadable, "Calls of the validation webhook that were no review", true),
        (CertificateRequests, "Requests for a certificate", true),
        (CertificatesIssued, "Certificates that were issued", true),
        (CallersUnknown, "Requests of callers that could not prove who they are", true),
        (RequestsNotSigned, "Requests that could not be signed", true),
        (InboundUpdates, "Updates that came from the sources", false),
        (RegistryEvents, "Events of Services, EndpointSlices, Pods and Nodes", false),
        (ConfigEvents, "Events of configuration resources", false),
        (RejectedConfigs, "Versions of resources that were kept out", false),
        (SecretErrors, "Secrets that gateways asked for and that could not be used", true),
        (KeySetsFetched, "JSON Web Key Sets that were fetched", true),
        (KeySetsNotFetched, "Fetches of JSON Web Key Sets that failed", true),
        (WebhookPatches, "Tries to write the root certificate into a webhook configuration", false),
        (WebhookPatchesFailed, "Such tries that failed", false),
        (WebhookPatchesRepeated, "Such tries that came after one that failed", false),
    ];

    private readonly ConcurrentDictionary<(string Name, string Labels), long> _counts = new();

    /// <summary>Counts one.</summary>
    /// <param name="name">One of the names of this class.</param>
    /// <param name="labels">`kind="VirtualService"`; empty for none.</param>
    public void Count(string name, string labels = "") => _counts.AddOrUpdate((name, labels), 1, static (_, count) => count + 1);

    /// <summary>The counters in Prometheus' text format.</summary>
    public void Render(StringBuilder page)
    {
        var series = _counts.ToLookup(entry => entry.Key.Name);
        foreach (var (name, help, isPlain) in Names)
        {
            MetricText.Header(page, name, "counter", help);
            foreach (var ((_, labels), count) in series[name].OrderBy(entry => entry.Key.Labels, StringComparer.Ordinal))
            {
                MetricText.Sample(page, name, labels, count);
            }

            if (isPlain && !series[name].Any())
            {
                MetricText.Sample(page, name, "", 0);
            }
        }
    }
}
