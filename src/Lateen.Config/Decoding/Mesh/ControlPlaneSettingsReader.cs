using System.Globalization;
using Lateen.Model.Mesh;

namespace Lateen.Config.Decoding.Mesh;

/// <summary>Reads the control plane's switches out of its environment, under Istio's names.</summary>
public static class ControlPlaneSettingsReader
{
    /// <summary>Features that are off by default and can not be turned on here.</summary>
    private static readonly string[] Missing =
    [
        "PILOT_ENABLE_PERSISTENT_SESSION_FILTER", "PILOT_ENABLE_QUIC_LISTENERS", "PILOT_ENABLE_REDIS_FILTER", "PILOT_ENABLE_MYSQL_FILTER",
        "PILOT_ENABLE_DESTINATION_RULE_INHERITANCE", "ENABLE_MCS_HOST", "ENABLE_EXTERNAL_NAME_ALIAS",
    ];

    /// <param name="environment">Reads a variable; null when it is not set.</param>
    /// <param name="problems">Takes a sentence for each value that is no value of its variable, and for each feature that is asked for and missing; the default stays.</param>
    public static ControlPlaneSettings Read(Func<string, string?> environment, ICollection<string> problems)
    {
        var d = ControlPlaneSettings.Default;
        foreach (var name in Missing.Where(name => Flag(name, false)))
        {
            problems.Add($"{name}: the feature is not supported, the variable changes nothing");
        }

        return d with
        {
            JwksFetch = Fetch(),
            Http10 = Flag("PILOT_HTTP10", d.Http10),
            HeadlessServicePodListeners = Flag("PILOT_ENABLE_HEADLESS_SERVICE_POD_LISTENERS", d.HeadlessServicePodListeners),
            InboundPassthrough = Flag("PILOT_ENABLE_INBOUND_PASSTHROUGH", d.InboundPassthrough),
            SkipValidateTrustDomain = Flag("PILOT_SKIP_VALIDATE_TRUST_DOMAIN", d.SkipValidateTrustDomain),
            ScopeGatewayToNamespace = Flag("PILOT_SCOPE_GATEWAY_TO_NAMESPACE", d.ScopeGatewayToNamespace),
            FilterGatewayClusterConfig = Flag("PILOT_FILTER_GATEWAY_CLUSTER_CONFIG", d.FilterGatewayClusterConfig),
            SendUnhealthyEndpoints = Flag("PILOT_SEND_UNHEALTHY_ENDPOINTS", d.SendUnhealthyEndpoints),
            TraceSampling = Percentage("PILOT_TRACE_SAMPLING", d.TraceSampling),
            EdsForHeadlessServices = Flag("PILOT_ENABLE_EDS_FOR_HEADLESS_SERVICES", d.EdsForHeadlessServices),
            VerifyCertificateAtClient = Flag("VERIFY_CERTIFICATE_AT_CLIENT", d.VerifyCertificateAtClient),
            AutoSni = Flag("ENABLE_AUTO_SNI", d.AutoSni),
            TlsOnSidecarIngress = Flag("ENABLE_TLS_ON_SIDECAR_INGRESS", d.TlsOnSidecarIngress),
            SidecarUseRemoteAddress = Flag("PILOT_SIDECAR_USE_REMOTE_ADDRESS", d.SidecarUseRemoteAddress),
            MongoFilter = Flag("PILOT_ENABLE_MONGO_FILTER", d.MongoFilter),
            AlpnFilter = Flag("PILOT_ENABLE_ALPN_FILTER", d.AlpnFilter),
            MergeSidecarServiceInbound = Flag("PILOT_ALLOW_SIDECAR_SERVICE_INBOUND_LISTENER_MERGE", d.MergeSidecarServiceInbound),
            DualStack = Flag("ISTIO_DUAL_STACK", d.DualStack),
            MultiClusterHeadless = Flag("ENABLE_MULTICLUSTER_HEADLESS", d.MultiClusterHeadless),
            IngressNamespace = environment("K_INGRESS_NS") is { Length: > 0 } ns ? ns : d.IngressNamespace,
        };

        bool Flag(string name, bool otherwise)
        {
            switch (environment(name))
            {
                case null or "":
                    return otherwise;
                case "true" or "True" or "TRUE" or "t" or "T" or "1":
                    return true;
                case "false" or "False" or "FALSE" or "f" or "F" or "0":
                    return false;
                case var other:
                    problems.Add($"{name}: \"{other}\" is neither true nor false; {(otherwise ? "true" : "false")} holds");
                    return otherwise;
            }
        }

        double Percentage(string name, double otherwise)
        {
            if (environment(name) is not { Length: > 0 } text)
            {
                return otherwise;
            }

            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 100)
            {
                return value;
            }

            problems.Add($"{name}: \"{text}\" is no percentage; {otherwise.ToString(CultureInfo.InvariantCulture)} holds");
            return otherwise;
        }

        JwksFetchMode Fetch()
        {
            switch (environment("PILOT_JWT_ENABLE_REMOTE_JWKS"))
            {
                case null or "" or "false" or "istiod":
                    return JwksFetchMode.ControlPlane;
                case "hybrid":
                    return JwksFetchMode.Hybrid;
                case "true" or "envoy":
                    return JwksFetchMode.Proxy;
                case var other:
                    problems.Add($"PILOT_JWT_ENABLE_REMOTE_JWKS: \"{other}\" is none of false, true, hybrid, envoy, istiod; false holds");
                    return JwksFetchMode.ControlPlane;
            }
        }
    }
}
